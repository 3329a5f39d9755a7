"""What is wrong with terms of charging, in words, and where."""

from decimal import Decimal


class TermError(ValueError):
    """Terms that nobody could charge by; ``field`` names what is to be repaired.

    >>> try:
    ...     require_choice("fixing", "never", ("floating", "start"))
    ... except TermError as error:
    ...     print(error)
    fixing: 'never' is none of floating, start.
    """

    def __init__(self, field, reason):
        self.field, self.reason = field, reason
        super().__init__(f"{field}: {reason}")


def require(condition, field, reason):
    if not condition:
        raise TermError(field, reason)


def require_choice(field, value, choices):
    require(value in choices, field, f"{value!r} is none of {', '.join(choices)}.")


def require_exact(field, value, minimum=None):
    """An exact number, not below ``minimum``."""
    exact = isinstance(value, Decimal) and value.is_finite()
    require(exact, field, f"{value!r} is not a Decimal.")
    if minimum is not None:
        require(value >= minimum, field, f"{value} is below {minimum}.")
