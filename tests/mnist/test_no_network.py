"""Where no mirror answers, the digits step in, or an error, and the reason is told as it is."""

import socket
import ssl
import time
from urllib.error import URLError

import pytest

from tests.mnist.support import Refusing, assert_whole, mirrors
from vae_helpers import _mnist, data


def test_without_network_the_digits_step_in_and_say_so_once(monkeypatch, no_variable, capsys, language):
    mirrors(monkeypatch, "http://127.0.0.1:9/")
    train, test = data.load_mnist(), data.load_mnist(train=False)
    assert_whole(train, 1438, "digits")
    assert_whole(test, 359, "digits")
    notice = capsys.readouterr().out
    assert notice.count("⚠") == 1
    assert {"vi": "1.797 chữ số", "en": "1,797 real handwritten digits"}[language] in notice
    assert "VAE_DATA_DIR" in notice and str(no_variable) in notice
    assert all(name in notice for name in data.MNIST_FILES)
    assert not list(no_variable.iterdir())


def test_silent_server_is_given_up_within_10_seconds(monkeypatch, no_variable, capsys):
    server = socket.create_server(("127.0.0.1", 0))  # takes the connection and never answers
    mirrors(monkeypatch, f"http://127.0.0.1:{server.getsockname()[1]}/")
    started = time.monotonic()
    assert data.load_mnist().name == "digits"
    assert time.monotonic() - started < 10
    server.close()


def test_hanging_name_server_is_given_up_within_10_seconds(monkeypatch, no_variable):
    monkeypatch.setattr(_mnist, "urlopen", lambda *a, **k: time.sleep(60))
    started = time.monotonic()
    assert data.load_mnist().name == "digits"
    assert time.monotonic() - started < 10


def test_without_fallback_there_is_an_error_instead(monkeypatch, no_variable, capsys, language):
    """For tools that need the real thing: reason and cure in the error, nothing printed, nothing remembered."""
    mirrors(monkeypatch, "http://127.0.0.1:9/")
    for root in (None, no_variable / "elsewhere"):
        with pytest.raises(data.DataError) as caught:
            data.load_mnist(root, fallback=False)
        reason = {"vi": "không có kết nối mạng", "en": "no network connection"}[language]
        assert reason in str(caught.value) and all(name in str(caught.value) for name in data.MNIST_FILES)
    assert capsys.readouterr().out == ""
    assert data.load_mnist().name == "digits" and "⚠" in capsys.readouterr().out


def test_without_fallback_an_unwritable_folder_of_the_course_is_a_data_error(monkeypatch, no_variable):
    no_variable.write_text("in the way")
    with pytest.raises(data.DataError, match="cannot be written"):
        data.load_mnist(fallback=False)


@pytest.mark.parametrize("status, words", [(403, "Forbidden"), (404, "Not Found"), (503, "Service Unavailable")])
def test_a_servers_refusal_is_told_as_such(monkeypatch, no_variable, serve, capsys, language, status, words):
    port = serve(type("Handler", (Refusing,), {"status": status}))
    mirrors(monkeypatch, "http://127.0.0.1:9/", f"http://127.0.0.1:{port}/")  # the other mirror is not there at all
    assert data.load_mnist().name == "digits"
    notice = capsys.readouterr().out
    answers = {"vi": "máy chủ 127.0.0.1:{} trả lời {} ({})", "en": "the server 127.0.0.1:{} answers {} ({})"}[language]
    assert answers.format(port, status, words) in notice
    assert "no network" not in notice and "không có kết nối mạng" not in notice


def test_a_refusal_of_get_alone_is_told(monkeypatch, no_variable, serve, capsys):
    class Handler(Refusing):
        def do_HEAD(self):
            self.send_response(200)
            self.end_headers()

    mirrors(monkeypatch, f"http://127.0.0.1:{serve(Handler)}/")
    assert data.load_mnist().name == "digits"
    assert "the download of MNIST broke off" in (notice := capsys.readouterr().out) and "403" in notice
    assert not list(no_variable.iterdir())


def test_a_server_that_speaks_no_tls_is_told(monkeypatch, no_variable, serve, capsys, language):
    port = serve(Refusing)
    mirrors(monkeypatch, f"https://127.0.0.1:{port}/")
    assert data.load_mnist().name == "digits"
    told = {"vi": "không lập được kết nối an toàn tới 127.0.0.1:{}", "en": "no secure connection to 127.0.0.1:{}"}
    assert told[language].format(port) in capsys.readouterr().out


def test_a_certificate_that_is_not_accepted_is_told(monkeypatch, no_variable, capsys):
    """As urlopen reports it: an SSLCertVerificationError inside a URLError."""
    problem = ssl.SSLCertVerificationError(1, "certificate verify failed")
    problem.verify_message = "self-signed certificate in certificate chain"

    def refuse(*arguments, **options):
        raise URLError(problem)

    monkeypatch.setattr(_mnist, "urlopen", refuse)
    mirrors(monkeypatch, "https://mirror.example/")
    assert data.load_mnist().name == "digits"
    told = "no secure connection to mirror.example (self-signed certificate in certificate chain)"
    assert told in (notice := capsys.readouterr().out) and "Install Certificates.command" in notice
