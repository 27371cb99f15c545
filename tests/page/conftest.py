"""An empty page in Chromium with the scripts of the page's room that a test file names."""

import pytest

from vae_helpers.page import asset


@pytest.fixture(scope="module")
def page(request, browser):
    """The scripts are those in the test file's SCRIPTS, in their order."""
    tab = browser.new_page()
    for name in request.module.SCRIPTS:
        tab.add_script_tag(content=asset(name))
    yield tab
    tab.close()
