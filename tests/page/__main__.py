"""Opens the page of a review in Chromium, and does with it what a reviewer does.

    python3 tests/page CHROMIUM PAGE TERM FOUND [DIRECTORY]

TERM is searched among the changes and must find FOUND entries. With DIRECTORY, the page and screenshots are written there.
"""

import pathlib
import shutil
import sys

from playwright.sync_api import sync_playwright

from colours import contrasts
from reading import duplicate_ids, overflow, outside, spilling, without_target

SECTIONS = {"platform", "access", "cost", "changes"}
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


class Check:
    """What is wrong, in one list, so that one run finds all of it."""

    def __init__(self):
        self.wrong = []

    def that(self, holds, what):
        if not holds:
            self.wrong.append(what)


def listen(page, check):
    """Every message of error, and every request for something else, is wrong."""
    page.on("console", lambda said: check.that(said.type not in ("error", "warning"), f"console: {said.text}"))
    page.on("pageerror", lambda error: check.that(False, f"script: {error}"))
    page.on("request", lambda request: check.that(request.url == page.url or page.url == "about:blank", f"request of {request.url}"))


def structure(page, check):
    found = set(page.eval_on_selector_all("section", "all => all.map(section => section.id)"))
    check.that(SECTIONS <= found, f"sections are missing: {SECTIONS - found}")
    check.that(page.locator("section:not(:has(h2))").count() == 0, "a section has no title")
    check.that(page.locator("#platform svg rect").count() > 10, "the picture is empty")
    check.that(page.locator("table.matrix td").count() > 10, "the matrix is empty")
    check.that(not without_target(page), f"links without a target: {without_target(page)}")
    check.that(not duplicate_ids(page), f"ids that are not unique: {duplicate_ids(page)}")
    check.that(not outside(page), f"references to something outside: {outside(page)}")
    check.that(not spilling(page), f"text that does not fit its box: {spilling(page)}")
    check.that(page.locator("[style], [onclick]").count() == 0, "an attribute holds a style or a script")


def folds(page, check):
    summary = page.locator("summary:visible").first
    fold = summary.locator("..")
    summary.click()
    check.that(fold.get_attribute("open") is not None, "a click does not unfold")
    summary.press("Enter")
    check.that(fold.get_attribute("open") is None, "the key Enter does not fold")
    button = page.locator("[data-unfold]")
    button.click()
    check.that(page.locator("details:not([open])").count() == 0, "not everything is unfolded")
    button.click()
    check.that(page.locator("details[open]").count() == 0, "not everything is folded")
    page.evaluate("location.hash = '#' + document.querySelector('details.channel').id")
    page.wait_for_function("document.querySelector('details.channel').open")


def search(page, check, term, expected):
    page.locator("body").press("/")
    field = page.locator("#change-list-search")
    check.that(field.evaluate("field => field === document.activeElement"), "the key / does not lead to the search")
    entries = page.locator("#change-list > [data-entry]")
    every = entries.count()
    shown = lambda: page.locator("#change-list > [data-entry]:visible").count()
    field.fill(term)
    check.that(shown() == expected, f"`{term}` finds {shown()} entries, not {expected}")
    told = page.locator("output[for=change-list-search]").text_content()
    check.that(told == f"{expected} of {every}", f"the search says `{told}`")
    field.fill("nothing has this name")
    check.that(shown() == 0, "a search for nothing finds something")
    field.press("Escape")
    check.that(shown() == every, "not everything is back after a search")


def schemes(page, check):
    grounds = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        for text, ratio in contrasts(page):
            check.that(ratio >= 4.5, f"{scheme}: `{text}` has a contrast of {ratio:.1f}")
    check.that(len(grounds) == 2, "light and dark are the same")
    page.emulate_media(color_scheme="light")


def paper(page, check):
    before = page.locator("details[open]").count()
    page.evaluate("window.printed = 0; addEventListener('beforeprint', () => { printed = document.querySelectorAll('details:not([open])').length - 1 })")
    pdf = page.pdf(format="A4", print_background=True)
    check.that(pdf.startswith(b"%PDF") and len(pdf) > 10_000, "nothing is printed")
    check.that(page.evaluate("printed") == -1, "something is folded on paper")
    check.that(page.locator("details[open]").count() == before, "printing leaves something unfolded")
    page.emulate_media(media="print")
    check.that(not page.locator("nav").is_visible(), "the navigation is printed")
    page.emulate_media(media="screen")
    return pdf


def policy(page, check):
    """Text that became markup could still do nothing."""
    ran = page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
        return Boolean(window.ran);
    }""")
    check.that(not ran, "the policy allows other scripts")
    sent = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', error => 'refused by ' + (window.refused || error))")
    check.that(sent != "sent", "the policy allows requests")
    shown = page.evaluate("""() => new Promise(done => {
        document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective));
        const image = new Image();
        image.src = 'http://127.0.0.1:9/a.png';
        document.body.append(image);
    })""")
    check.that(shown == "img-src", f"the policy allows images: {shown}")


def without_script(browser, url, check):
    page = browser.new_context(java_script_enabled=False, viewport=WIDE).new_page()
    page.goto(url)
    check.that(page.locator("section").count() >= len(SECTIONS), "sections need the script")
    check.that(page.locator(".search:visible, button:visible").count() == 0, "something is shown that does nothing")
    page.close()


def screenshots(page, path, directory, pdf):
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, directory / "page.html")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(WIDE)
        page.screenshot(path=directory / f"{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROW)
    page.screenshot(path=directory / "narrow.png", full_page=True)
    (directory / "paper.pdf").write_bytes(pdf)


def main(chromium, path, term, found, directory=None):
    check = Check()
    url = pathlib.Path(path).resolve().as_uri()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=WIDE)
        listen(page, check)
        page.goto(url)
        structure(page, check)
        schemes(page, check)
        pdf = paper(page, check)
        if directory:
            screenshots(page, path, pathlib.Path(directory), pdf)
        page.set_viewport_size(NARROW)
        check.that(not overflow(page), f"at {NARROW['width']} pixels, these are too wide: {overflow(page)}")
        page.set_viewport_size(WIDE)
        folds(page, check)
        search(page, check, term, int(found))
        without_script(browser, url, check)
        # What the policy refuses is an error on the console, so it comes on a page of its own.
        other = browser.new_page()
        other.goto(url)
        policy(other, check)
        browser.close()
    for wrong in check.wrong:
        print(wrong)
    return 1 if check.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
