"""Downloads from a real FTP server: whole, resumed, refused, encrypted."""

import json
import signal
import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import trustme
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler

CONTENT = bytes(range(256)) * 4000  # about a megabyte


def address(server: Any) -> tuple[str, ...]:
    return "--host=127.0.0.1", f"--port={server.address[1]}", "--username=ann"


def filled(part: Path) -> Path:
    """When some of the file is there: that it was sent does not mean that it has been read."""
    until = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size):
        assert time.monotonic() < until, "nothing was written"
        time.sleep(0.01)
    return part


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    folder = tmp_path / "remote"
    (folder / "daily").mkdir(parents=True)
    (folder / "daily" / "products.csv").write_bytes(CONTENT)
    (folder / "daily" / "prices.csv").write_text("sku,price\n")
    (folder / "daily" / "notes.txt").write_text("no catalogue")
    return folder


def test_files_are_fetched_once(program, call, work, remote, ftp_server, password):
    with ftp_server(remote) as server:
        argv = (*address(server), "--remote-folder=/daily")
        first = program("ftp_download", *argv, FTP_PASSWORD=password)
        again = call("ftp_download", *argv, FTP_PASSWORD=password)
        forced = call("ftp_download", *argv, "--force", FTP_PASSWORD=password)
    assert (first.code, first.errors) == (0, "")
    assert first.said("artifact") == ["prices.csv", "products.csv"]
    assert (work / "products.csv").read_bytes() == CONTENT
    assert (first.result["fetched"], again.result["fetched"], forced.result["fetched"]) == (2, 0, 2)
    assert sorted(path.name for path in work.iterdir()) == ["download.state.json", "prices.csv", "products.csv"]


def test_a_file_that_was_changed_here_is_fetched_again(call, work, remote, ftp_server, password):
    with ftp_server(remote) as server:
        argv = (*address(server), "--remote-folder=/daily", "--pattern=prices*")
        call("ftp_download", *argv, FTP_PASSWORD=password)
        (work / "prices.csv").write_text("sku,PRICE\n")
        assert call("ftp_download", *argv, FTP_PASSWORD=password).result["fetched"] == 1
    assert (work / "prices.csv").read_text() == "sku,price\n"


def test_a_transfer_that_breaks_off_goes_on_where_it_ended(call, work, remote, ftp_server, password):
    with ftp_server(remote, drops=2) as server:
        argv = (*address(server), "--remote-folder=/daily", "--pattern=products.csv")
        done = call("ftp_download", *argv, FTP_PASSWORD=password)
        offsets = [int(line.split()[1]) for line in server.commands if line.startswith("REST")]
    assert (done.code, (work / "products.csv").read_bytes()) == (0, CONTENT)
    assert len(offsets) == 2
    assert 0 < offsets[0] < offsets[1] < len(CONTENT)
    assert "attempt 1 of 8 failed" in done.output


def test_a_later_run_goes_on_with_what_an_earlier_one_fetched(call, work, remote, ftp_server, password):
    with ftp_server(remote, drops=1) as server:
        argv = (*address(server), "--remote-folder=/daily", "--pattern=products.csv")
        broken = call("ftp_download", *argv, "--attempts=1", FTP_PASSWORD=password)
        assert broken.code == 1
        assert not (work / "products.csv").exists()
        size = (work / "products.csv.part").stat().st_size
        assert call("ftp_download", *argv, FTP_PASSWORD=password).code == 0
        assert f"REST {size}" in server.commands
    assert (work / "products.csv").read_bytes() == CONTENT


def test_a_download_from_a_silent_server_is_stopped_and_gone_on_with(started, call, work, remote, ftp_server, password):
    stalled, argv = Event(), ("--remote-folder=/daily", "--pattern=products.csv")
    with ftp_server(remote, stalled=stalled) as server:
        process = started("ftp_download", *address(server), *argv, FTP_PASSWORD=password)
        assert stalled.wait(20)
        part = filled(work / "products.csv.part")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, "run it again" in errors) == (143, True)
    assert sorted(path.name for path in work.iterdir()) == ["products.csv.part", "products.csv.part.json"]
    size = part.stat().st_size
    with ftp_server(remote) as server:
        assert call("ftp_download", *address(server), *argv, FTP_PASSWORD=password).code == 0
        assert f"REST {size}" in server.commands
    assert (work / "products.csv").read_bytes() == CONTENT


def test_a_part_of_another_file_is_thrown_away(call, work, remote, ftp_server, password):
    with ftp_server(remote, drops=1) as server:
        argv = (*address(server), "--remote-folder=/daily", "--pattern=products.csv")
        call("ftp_download", *argv, "--attempts=1", FTP_PASSWORD=password)
        (remote / "daily" / "products.csv").write_bytes(CONTENT[::-1] + b"new")
        assert call("ftp_download", *argv, FTP_PASSWORD=password).code == 0
    assert (work / "products.csv").read_bytes() == CONTENT[::-1] + b"new"


def test_a_wrong_password_is_said_without_it(program, remote, ftp_server, password):
    with ftp_server(remote) as server:
        done = program("ftp_download", *address(server), "--debug", FTP_PASSWORD="hunter2 wrong")
    assert done.code == 2
    assert "refuses the login of 'ann'" in done.errors
    assert "hunter2" not in done.output + done.errors


def test_the_password_is_nowhere_in_what_a_run_leaves(program, work, remote, ftp_server, password):
    with ftp_server(remote, drops=1) as server:
        done = program("ftp_download", *address(server), "--remote-folder=daily", "--debug", FTP_PASSWORD=password)
    assert done.code == 0
    assert password not in done.output + done.errors
    assert not any(password.encode() in path.read_bytes() for path in work.iterdir())


def test_names_that_would_leave_the_folder_are_refused(call, work, remote, ftp_server, password):
    (remote / "daily" / "..\\up.csv").write_text("x")
    (remote / "daily" / ".hidden.csv").write_text("x")
    with ftp_server(remote, hostile=True) as server:
        done = call("ftp_download", *address(server), "--remote-folder=/daily", FTP_PASSWORD=password)
        fetched = [line for line in server.commands if line.startswith("RETR")]
    assert (done.code, done.result["refused"]) == (0, 4)
    assert fetched == ["RETR prices.csv", "RETR products.csv"]
    assert "refused the name '../evil.csv'" in done.output
    assert not list(work.parent.glob("*.csv"))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--remote-folder=/absent"], "--remote-folder '/absent'"),
        (["--pattern=*.xml"], "--pattern '*.xml': no file"),
        (["--max-files=1"], "2 files fit --pattern"),
        (["--host=-x"], "--host: is not of the form"),
        (["--pattern=../*"], "--pattern: is not of the form"),
        (["--remote-folder=/a\r\nDELE b"], "--remote-folder: is not of the form"),
    ],
)
def test_a_wrong_parameter_is_named(call, remote, argv, words, ftp_server, password):
    with ftp_server(remote) as server:
        done = call("ftp_download", *address(server), "--remote-folder=/daily", *argv, FTP_PASSWORD=password)
    assert done.code == 2
    assert words in done.errors


def test_a_server_without_machine_listings_is_served(call, work, remote, ftp_server, password):
    old = {name: about for name, about in FTPHandler.proto_cmds.items() if name != "MLSD"}
    with ftp_server(remote, proto_cmds=old) as server:
        done = call("ftp_download", *address(server), "--remote-folder=daily", FTP_PASSWORD=password)
    assert done.result["files"] == ["prices.csv", "products.csv"]
    assert (work / "products.csv").read_bytes() == CONTENT


def test_a_missing_password_and_a_server_that_is_not_there(call, remote, ftp_server, password):
    with ftp_server(remote) as server:
        argv = (*address(server), "--attempts=2")
        assert "FTP_PASSWORD is missing" in call("ftp_download", *argv).errors
    gone = call("ftp_download", *argv, FTP_PASSWORD=password)
    assert gone.code == 1
    assert "refused" in gone.errors


def test_a_file_above_the_limit_is_not_kept(call, work, remote, ftp_server, password):
    (remote / "daily" / "products.csv").write_bytes(CONTENT * 2)
    with ftp_server(remote) as server:
        argv = (*address(server), "--remote-folder=daily", "--max-megabytes=1")
        done = call("ftp_download", *argv, FTP_PASSWORD=password)
    assert done.code == 1
    assert "above --max-megabytes" in done.errors
    assert not (work / "products.csv").exists()


def test_a_dry_run_fetches_nothing(call, work, remote, ftp_server, password):
    with ftp_server(remote) as server:
        done = call("ftp_download", *address(server), "--remote-folder=daily", "--dry-run", FTP_PASSWORD=password)
    assert done.result["files"] == ["prices.csv", "products.csv"]
    assert list(work.iterdir()) == []


def test_with_tls_the_certificate_is_checked(call, work, remote, tmp_path, ftp_server, password):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    tls = {"certfile": str(tmp_path / "server.pem"), "tls_control_required": True, "tls_data_required": True}
    with ftp_server(remote, handler=TLS_FTPHandler, **tls) as server:
        argv = (*address(server), "--remote-folder=daily", "--tls")
        distrusted = call("ftp_download", *argv, FTP_PASSWORD=password)
        trusted = call("ftp_download", *argv, FTP_PASSWORD=password, FTP_CA_FILE=str(tmp_path / "ca.pem"))
    assert distrusted.code == 2
    assert "FTP_CA_FILE" in distrusted.errors
    assert (trusted.code, (work / "products.csv").read_bytes()) == (0, CONTENT)
    assert json.loads((work / "download.state.json").read_text())["products.csv"]["size"] == len(CONTENT)
