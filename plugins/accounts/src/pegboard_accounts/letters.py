"""What the mails say."""

from .post import Mail
from .settings import AccountsSettings

SEPARATOR = "\n\n"


def verification(config: AccountsSettings, email: str, code: str) -> Mail:
    text = (
        "Please verify that this is your e-mail address.",
        _way(config.verify_link, code),
        f"It is good for {config.verify_hours} hours. If you did not register, there is nothing to do.",
    )
    return Mail(email, "Verify your e-mail address", SEPARATOR.join(text))


def reset(config: AccountsSettings, email: str, code: str) -> Mail:
    text = (
        "Somebody, hopefully you, asked for a new password.",
        _way(config.reset_link, code),
        f"It is good once, for {config.reset_minutes} minutes. If it was not you, there is nothing to do.",
    )
    return Mail(email, "Reset your password", SEPARATOR.join(text))


def invitation(config: AccountsSettings, email: str, code: str, tenant: str) -> Mail:
    text = (
        f"You are invited to join {tenant}.",
        _way(config.invite_link, code),
        f"It is good once, for {config.invite_days} days.",
    )
    return Mail(email, "An invitation", SEPARATOR.join(text))


def registered_already(email: str) -> Mail:
    text = (
        "Somebody, hopefully you, tried to register with this address, which has an account.",
        "Sign in with it, or reset its password. If it was not you, there is nothing to do.",
    )
    return Mail(email, "You have an account already", SEPARATOR.join(text))


def password_changed(email: str) -> Mail:
    text = (
        "The password of your account was changed, and its other sessions were ended.",
        "If it was not you, reset the password, and tell an administrator.",
    )
    return Mail(email, "Your password was changed", SEPARATOR.join(text))


def email_changed(old: str, new: str) -> Mail:
    text = (
        f"The e-mail address of your account is now {new}.",
        "If it was not you, tell an administrator.",
    )
    return Mail(old, "Your e-mail address was changed", SEPARATOR.join(text))


def _way(link: str, code: str) -> str:
    return f"Open {link.replace('{code}', code)}" if link else f"Your code: {code}"
