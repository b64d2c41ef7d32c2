"""`dfe-returns`: the command line. What each command does is in `dfe_returns.commands`."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Annotated, Any

import typer

from dfe_returns import __version__
from dfe_returns.commands import contract, evidence, profile, review, run, setup
from dfe_returns.errors import DfeReturnsError, UsageError

os.environ.setdefault("DO_NOT_TRACK", "1")  # nothing phones home, whichever library is loaded later

_NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG, errno.ELOOP)
_STOPPED = "dfe-returns: stopped; nothing half-written was kept."
_INTERRUPTED = 128 + signal.SIGINT

app = typer.Typer(
    name="dfe-returns",
    help="Builds, checks, explains and proves the CIN census and the SSDA903 return.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"dfe-returns {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print the version and stop")
    ] = False,
) -> None:
    """Options before the command."""


app.add_typer(contract.rules, name="rules")
app.add_typer(contract.fields, name="fields")
app.add_typer(contract.gateways, name="gateways")
run.add_to(app)
evidence.add_to(app)
review.add_to(app)
setup.add_to(app)
profile.add_to(app)


def main() -> None:
    """Run the command line; turn every failure into a clear message and the exit code of DESIGN."""
    # A report can hold any letter; a Windows console may not: replace what it cannot show instead of failing.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # A run that is told to end takes back what it had half written, as it does for Ctrl-C.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _end)
    sys.exit(_exit_code())


class _Ended(SystemExit):
    """A signal asked this process to end."""


def _end(number: int, _frame: Any) -> None:
    raise _Ended(128 + number)


def _exit_code() -> int:
    app.rich_markup_mode = "rich" if sys.stdout.isatty() else None  # help in a pipe is plain text, too
    try:
        outcome = app(standalone_mode=False)
        if outcome == _INTERRUPTED:
            typer.echo(_STOPPED, err=True)
        return outcome if isinstance(outcome, int) else 0
    except DfeReturnsError as error:
        typer.echo(f"dfe-returns: {error}", err=True)
        _list_problems(getattr(error, "problems", None))
        return error.exit_code
    except typer.Exit as stop:
        return stop.exit_code
    except KeyboardInterrupt:
        typer.echo(_STOPPED, err=True)
        return _INTERRUPTED
    except _Ended as stop:
        typer.echo(_STOPPED, err=True)
        return int(stop.code or 0)
    except SystemExit:  # typer's answer to a reader that has gone (`| head`); 1 would say that DfE errors were found
        return 0
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        return _other(error)


def _other(error: Exception) -> int:
    """Usage errors of the command line itself, and faults of ours: those tell kind and place, never a value."""
    if hasattr(error, "format_message"):
        show = getattr(error, "show", None)
        if show is not None:
            show()
        return int(getattr(error, "exit_code", 2))
    if isinstance(error, OSError) and error.filename is not None and error.errno in _NOT_OURS:
        said = f"{error.filename} cannot be used ({error.strerror})"
        typer.echo(f"dfe-returns: {said}; ask for access, make room, or choose another place.", err=True)
        return UsageError.exit_code
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = (
        f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}"
        if frame is not None
        else "unknown place"
    )
    typer.echo(
        f"dfe-returns: internal fault ({type(error).__name__} at {place}). Nothing was sent or signed. "
        "Please report this line; it holds no personal data.",
        err=True,
    )
    return 70


def _list_problems(problems: object) -> None:
    if problems is None or not len(problems):  # type: ignore[arg-type]
        return
    text = problems.head(40).to_string(index=False)  # type: ignore[attr-defined]
    typer.echo(text, err=True)
    if len(problems) > 40:  # type: ignore[arg-type]
        typer.echo(f"... and {len(problems) - 40} more", err=True)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
