"""The course as a site: every lesson, the quiz, the claims and the guides in both languages, by Sphinx with myst-nb and Furo.

pages.py makes Sphinx's sources from the stored notebooks, guides.py from the Markdown of the repository, quiz.py the questions'
data; extension.py is what Sphinx must know besides; static/ runs in the reader's browser.
"""
