"""The quiz over a day: saved, its kernel ended, opened again; and after a restart of the kernel. JupyterLab, Notebook 7.

Skipped, with the reason, where there is no Chromium or no Playwright; with CI=true that is a failure. Notebook 7 is tested
where the package notebook is installed beside JupyterLab, whose server then serves it too.
"""

import importlib.util
import shutil

import pytest

from tools.lab_page import PATIENCE, ROOT, menu, running_lab
from vae_helpers.page.resting import LINES

FRONT_ENDS = {"JupyterLab": "doc/tree", "Notebook 7": "notebooks"}  # what each is called in an address
SHOWN = ".jp-Notebook .jp-OutputArea-output:visible"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    nothing = shutil.ignore_patterns("quiz_answers*", ".ipynb_checkpoints")
    for code in LINES:
        for front_end in FRONT_ENDS:
            shutil.copytree(ROOT / "quiz" / code, folder / front_end / code, ignore=nothing)
    with pytest.MonkeyPatch.context() as own:  # no side bar open because someone left it so
        own.setenv("JUPYTERLAB_WORKSPACES_DIR", str(folder / ".workspaces"))
        with running_lab(folder) as address:
            yield address


@pytest.fixture(params=FRONT_ENDS)
def front_end(request):
    if request.param == "Notebook 7" and importlib.util.find_spec("notebook") is None:
        pytest.skip("Notebook 7 is not installed")
    return request.param


class Day:
    """A student with the quiz in one language and one front end."""

    def __init__(self, browser, lab, front_end, code):
        self.browser, self.lab = browser, lab
        self.address, self.line, self.page = (
            f"{lab}/{FRONT_ENDS[front_end]}/{front_end}/{code}/quiz.ipynb",
            LINES[code],
            None,
        )

    def open(self):
        """The notebook with its kernel started, until nothing changes any more: a lost widget is given up after 2 s."""
        self.page = self.browser.new_page(viewport={"width": 1100, "height": 1000})
        self.page.set_default_timeout(PATIENCE)
        self.page.goto(self.address)
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        self.page.wait_for_function("fetch('/api/sessions').then(r => r.json()).then(all => all.length > 0 && all.every(s => s.kernel.execution_state === 'idle'))")  # fmt: skip
        self.page.wait_for_timeout(5000)

    def run_all(self):
        menu(self.page, "Run", "Run All Cells")
        self.page.locator(".vae-quiz:not(.jupyter-widgets-disconnected)").nth(1).wait_for()

    def save_and_leave(self):
        """Save, shut the kernel down as the server's panel does, close the page."""
        menu(self.page, "File", "Save Notebook")
        self.page.wait_for_timeout(2000)
        left = self.page.evaluate(
            """async () => {
                const token = document.cookie.match(/_xsrf=([^;]+)/)[1], all = await (await fetch('/api/sessions')).json();
                for (const one of all)
                    await fetch('/api/sessions/' + one.id, { method: 'DELETE', headers: { 'X-XSRFToken': token } });
                return (await (await fetch('/api/sessions')).json()).length }"""
        )
        assert left == 0
        self.page.close()

    def seen(self):
        return "\n".join(self.page.locator(SHOWN).all_inner_texts())

    def expect_list(self):
        """Both lists with their lines, every question, and no word of an error."""
        text = self.seen()
        assert text.count(self.line) == 2 and self.page.locator(".vae-rest:visible h4").count() > 40
        assert "Error displaying widget" not in text and "Loading widget" not in text
        assert self.page.locator(".vae-quiz").count() == 0

    def expect_quiz(self):
        """Both quizzes alive, and nothing beside them."""
        assert self.page.locator(".vae-quiz:visible").count() == 2
        assert self.page.locator(".vae-rest:visible").count() == 0 and self.line not in self.seen()

    def expect_asleep(self):
        """The quizzes as they were, with the line above them; nothing in them can be pressed; no icons of broken chains."""
        self.page.locator(".vae-quiz.jupyter-widgets-disconnected").nth(1).wait_for()
        assert self.page.locator(".vae-rest:visible").count() == 0
        quiz = self.page.locator(".vae-quiz").first
        assert quiz.evaluate("q => getComputedStyle(q, '::before').content") == f'"{self.line}"'
        icons = quiz.evaluate(
            """q => [...q.querySelectorAll('*')]
                .filter(part => !['none', 'normal'].includes(getComputedStyle(part, '::before').content)).length"""
        )
        assert icons == 0
        assert quiz.evaluate("q => [...q.children].every(c => getComputedStyle(c).pointerEvents === 'none')")


@pytest.mark.parametrize("code", ["vi", "en"])
def test_quiz_over_a_day(browser, lab, front_end, code):
    day = Day(browser, lab, front_end, code)
    day.open()
    day.expect_list()  # as the course ships it: the notebook is not trusted yet
    day.run_all()
    day.expect_quiz()
    day.page.locator(".vae-quiz label.option").nth(2).click()
    day.page.locator(".vae-quiz").first.get_by_role("button", name={"vi": "Kiểm tra", "en": "Check"}[code]).click()
    day.page.locator(".vae-quiz .told").first.wait_for()
    day.save_and_leave()

    day.open()
    day.expect_list()
    day.run_all()
    day.expect_quiz()
    assert day.page.locator(".vae-quiz .told").count() == 1  # the answer of yesterday

    menu(day.page, "Kernel", "Restart Kernel…")
    day.page.locator(".jp-Dialog button.jp-mod-accept").click()
    day.expect_asleep()
    day.run_all()
    day.expect_quiz()
    day.save_and_leave()
