"""The one exception that reaches the user as a line instead of a traceback."""


class HwgenError(Exception):
    """Something the user can mend: bad input, a missing tool, a design that does not fit.

    The message is one line that says what is wrong, where, and what to do about it. The command line
    prints it and exits with code 2.
    """
