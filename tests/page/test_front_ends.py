"""The frame where JupyterLab is not: under the policy of VS Code's notebooks, in an output of another origin as on Colab, and
in a page that takes frames out. Imitations: neither VS Code nor Colab runs here."""

import functools
import http.server
import json
import re
import threading

import pytest

from vae_helpers import page

# As VS Code's source has it (src/vs/workbench/contrib/notebook/browser/view/renderers/backLayerWebView.ts, 2024). A frame of
# srcdoc obeys it besides its own.
VS_CODE = (
    "default-src 'none'; script-src https://*.vscode-cdn.net 'unsafe-inline' 'unsafe-eval'; "
    "style-src https://*.vscode-cdn.net 'unsafe-inline'; img-src https://*.vscode-cdn.net https: http: data:; "
    "font-src https://*.vscode-cdn.net https:; connect-src https:; child-src https: data:;"
)
INSERTED = """<!doctype html><meta charset="utf-8">{head}<body><script>
const output = document.createElement("div");
output.innerHTML = {frame};
document.body.append(output);
</script>"""


@pytest.fixture
def served(tmp_path):
    """served(name, text): the address of a file of a server, as localhost; by 127.0.0.1 it is of another origin."""
    handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def address(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return f"http://localhost:{server.server_address[1]}/{name}"

    yield address
    server.shutdown()
    server.server_close()


def output():
    return page.toy()._repr_mimebundle_()["text/html"]


def inserted(policy=""):
    """A page that puts the output into itself by innerHTML, as front ends do."""
    head = policy and f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return INSERTED.format(head=head, frame=json.dumps(output()).replace("</", "<\\/"))


def steps(frame):
    """Press "one step"; what the status line says then."""
    frame.locator(".row button").nth(1).click()
    return frame.locator("[role=status]").inner_text()


@pytest.fixture
def tab(browser):
    tab = browser.new_page()
    tab.set_default_timeout(20_000)
    yield tab
    tab.close()


@pytest.mark.browser
def test_it_lives_under_the_policy_of_vs_code(served, tab):
    tab.goto(served("vscode.html", inserted(VS_CODE)))
    assert re.search(r"\b1 · ", steps(tab.frame_locator("iframe")))


@pytest.mark.browser
def test_a_policy_without_inline_scripts_would_stop_it(served, tab):
    """The test above can fail."""
    strict = VS_CODE.replace("'unsafe-inline' 'unsafe-eval'", "'nonce-one'")
    tab.goto(served("strict.html", inserted(strict).replace("<script>", '<script nonce="one">')))
    tab.frame_locator("iframe").locator("header").wait_for()
    tab.wait_for_timeout(500)
    assert tab.frame_locator("iframe").locator("canvas").count() == 0


@pytest.mark.browser
def test_it_lives_in_an_output_of_another_origin(served, tab):
    address = served("output.html", inserted()).replace("localhost", "127.0.0.1")
    tab.goto(served("colab.html", f'<iframe sandbox="allow-scripts allow-same-origin" src="{address}"></iframe>'))
    assert re.search(r"\b1 · ", steps(tab.frame_locator("iframe").frame_locator("iframe")))


@pytest.mark.browser
def test_where_frames_and_styles_are_taken_out_a_line_and_a_picture_stay(tab, language):
    left = re.sub(r"<(style|iframe)\b.*?</\1>", "", output(), flags=re.DOTALL)
    tab.set_content(f"<body>{left}")
    assert tab.locator("p").is_visible() and tab.locator("img").evaluate("image => image.naturalWidth") > 50
    tab.set_content(f"<body>{output()}")
    assert not tab.locator("p").first.is_visible()
