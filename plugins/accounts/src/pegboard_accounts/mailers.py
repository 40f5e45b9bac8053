"""The mailers that come with this plugin: files in the data folder, and SMTP (RFC 5321, RFC 6409)."""

import os
import secrets
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate, make_msgid, parseaddr
from pathlib import Path

import aiosmtplib
import anyio.to_thread

from pegboard import Registries, Services, Settings, StartupError
from pegboard.problems import nearest

from .post import Mail, Mailer
from .settings import AccountsSettings

FOLDER = "mail"


async def send_to_file(mail: Mail, services: Services) -> None:
    """A file ``mail/*.eml`` in the data folder, which only the app's own user may read."""
    settings = services.get(Settings)
    message = compose(mail, settings.of(AccountsSettings).mail_from or "pegboard@localhost")
    await anyio.to_thread.run_sync(_write, settings.kernel.data / FOLDER, bytes(message))


async def send_by_smtp(mail: Mail, services: Services) -> None:
    """Raises aiosmtplib.SMTPException, and never sends in the clear what was to be encrypted."""
    config = services.get(Settings).of(AccountsSettings)
    smtp = config.smtp
    await aiosmtplib.send(
        compose(mail, config.mail_from or smtp.username),
        hostname=smtp.server,
        port=smtp.port,
        username=smtp.username or None,
        password=smtp.password.reveal() or None,
        use_tls=smtp.security == "tls",
        start_tls=smtp.security == "starttls",
        timeout=smtp.timeout,
    )


def compose(mail: Mail, sender: str) -> EmailMessage:
    """The message. Raises ValueError for an address or a subject with a line break."""
    message = EmailMessage(SMTP_POLICY)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def choose(services: Services, config: AccountsSettings) -> Mailer:
    """The mailer that the settings name. Raises StartupError for one that is not there, or cannot work."""
    name = config.mailer or ("smtp" if config.smtp.server else "file")
    mailers = {mailer.name: mailer for mailer in services.get(Registries)[Mailer]}
    if name not in mailers:
        raise StartupError(f'accounts: mailer: there is no "{name}"{nearest(name, mailers)}')
    if name == "smtp" and not (config.smtp.server and (config.mail_from or config.smtp.username)):
        raise StartupError('accounts: mailer "smtp" needs smtp.server (SMTP_SERVER), and mail_from')
    return mailers[name]


def _write(folder: Path, message: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(8)}.eml"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(message)


MAILERS = (
    Mailer("file", "Files in the data folder", send_to_file),
    Mailer("smtp", "A mail server", send_by_smtp),
)
