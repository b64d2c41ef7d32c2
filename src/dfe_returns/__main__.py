"""`python -m dfe_returns`: the command line, also where its script is not on the path."""

from dfe_returns.cli import main

main()
