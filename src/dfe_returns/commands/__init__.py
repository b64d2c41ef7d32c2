"""The commands of `dfe-returns`, by what they are about. Heavy imports stay inside the commands: `--help` answers at
once."""
