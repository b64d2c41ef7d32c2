"""The report in a real browser: an analyst's walk, WCAG 2.2 AA on every page, speed at 20,000 issues."""

import os
import shutil

import pandas as pd
import pytest
from review_samples import tables_of

from dfe_returns.config import Config
from dfe_returns.files import data_folder, private_folder
from dfe_returns.ledger import open_ledger
from dfe_returns.review.certificate import certificate
from dfe_returns.review.make import make_report
from dfe_returns.review.pages import counts_for_ledger
from dfe_returns.review.report import write_report

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
]
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PANES = (
    "front",
    "issues",
    "rules",
    "teams",
    "children",
    "totals",
    "changes",
    "continuity",
    "cross",
    "people",
    "notes",
    "settle",
    "decisions",
    "withheld",
    "notrun",
    "built",
)


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM:
        if os.environ.get("DFE_RETURNS_CI"):
            pytest.fail("continuous integration must bring a Chromium")
        pytest.skip("no Chromium on this machine; .ci/run installs one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield started
        started.close()


@pytest.fixture
def page(browser):
    """A page without network; any script error or blocked resource fails the test."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    faults = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert faults == []


@pytest.fixture(scope="module")
def fernshire(tmp_path_factory):
    """Report folder of the sample authority's census, with last year's beside it."""
    import dfe_returns as dr

    samples = data_folder("sample_extracts")
    last = samples / "last_year" / "cin-2024-25.xml"
    place = tmp_path_factory.mktemp("fernshire") / "cin"
    run = dr.run(None, "cin", "2025-26", source=samples / "fernshire_ssd", previous=last, out=place)
    return run.folder / "report"


@pytest.fixture
def looked_after(care_run):
    """Report folder of the small looked after return, with last year's beside it."""
    care_run.previous = care_run.tables
    return make_report(care_run, private_folder(care_run.folder / "report"), Config()).parent


def axe_violations(page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=WCAG).response["violations"]
    return [f"{fault['id']}: {node['html'][:150]}" for fault in found for node in fault["nodes"]]


def open_at(page, folder, pane: str) -> None:
    page.goto("about:blank")
    page.goto(f"{(folder / 'index.html').resolve().as_uri()}#{pane}")
    page.wait_for_selector(f"section#{pane.split('/')[0].split('?')[0]}.now")


def test_an_analyst_follows_an_issue_to_its_source_record(page, fernshire):
    open_at(page, fernshire, "front")
    page.click("nav >> text=Issues")
    everything = page.inner_text("#issue-count")
    team = page.eval_on_selector_all("#f-team option", "all => all.map(o => o.textContent)")[1]
    page.select_option("#f-team", label=team)
    assert page.inner_text("#issue-count") != everything
    teams = "all => all.map(c => c.firstChild.textContent)"
    assert set(page.eval_on_selector_all("#issue-table td:nth-child(7)", teams)) == {team}
    assert "team=" in page.evaluate("location.hash")
    row = page.locator("#issue-table tbody tr").first
    child, source = row.locator("th").inner_text(), row.locator("td").nth(4).inner_text()
    row.locator("th a").click()
    page.wait_for_selector("#child-page details")
    assert page.inner_text("#child h2") == f"Child {child}"
    assert page.evaluate("document.title").startswith(f"Child {child}")
    record = page.locator("details[open].flagged").first
    record.locator("table").wait_for()
    assert source.split(" line ")[0] in record.inner_text()
    assert "GW-" in record.inner_text()


def test_search_finds_a_child_and_the_address_keeps_the_filter(page, fernshire):
    open_at(page, fernshire, "issues")
    child = page.locator("#issue-table tbody th").first.inner_text()
    page.fill("#f-text", child)
    count = page.inner_text("#issue-count")
    page.reload()
    assert page.input_value("#f-text") == child
    assert page.inner_text("#issue-count") == count
    page.click("#issue-filter button[type=reset]")
    page.wait_for_function("location.hash === '#issues'")


@pytest.mark.parametrize("name", ["fernshire", "looked_after"])
def test_every_page_meets_wcag_2_2_aa(browser, request, name):
    context = browser.new_context(offline=True, bypass_csp=True)
    page = context.new_page()
    folder = request.getfixturevalue(name)
    faults = {}
    open_at(page, folder, "children")
    child = page.locator("#child-table tbody th").first.inner_text()
    for pane in (*PANES, f"child/{child}"):
        open_at(page, folder, pane)
        if pane.startswith("child/"):
            page.wait_for_selector("#child-page details")
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            page.wait_for_selector("#child-page details table")
        faults[pane] = axe_violations(page)
    page.goto((folder / "summary.html").resolve().as_uri())
    faults["summary.html"] = axe_violations(page)
    context.close()
    assert {pane: found for pane, found in faults.items() if found} == {}


def test_the_certificate_meets_wcag_2_2_aa_and_prints_on_one_page(browser, cin_run, tmp_path):
    cin_run.previous = cin_run.tables
    ledger = open_ledger(tmp_path / "ledger.sqlite", b"k" * 40)
    ledger.record_run(cin_run, prepared_by="Ann Preparer", counts=counts_for_ledger(cin_run))
    exceptions = {"4008": "the date is right", "8555": "born early"}
    ledger.sign_off(cin_run.run_id, "Dee Director", "director", exceptions=exceptions, files=[])
    path = tmp_path / "certificate.html"
    path.write_text(certificate(ledger, cin_run.run_id), encoding="utf-8")
    ledger.close()
    context = browser.new_context(offline=True, bypass_csp=True)
    page = context.new_page()
    page.goto(path.as_uri())
    assert axe_violations(page) == []
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    context.close()


def test_the_list_of_issues_fits_the_window(page, fernshire):
    open_at(page, fernshire, "issues")
    page.wait_for_selector("#issue-table table")
    assert page.evaluate("(box => box.scrollWidth - box.clientWidth)(document.getElementById('issue-table'))") <= 0


def test_the_keyboard_reaches_the_content_and_every_page_link(page, fernshire):
    page.goto((fernshire / "index.html").resolve().as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("section#issues.now")
    assert page.evaluate("document.activeElement.tagName") == "H2"


def test_a_page_that_scripts_made_can_be_printed(page, fernshire):
    open_at(page, fernshire, "issues")
    page.emulate_media(media="print")
    assert page.is_visible("#issue-table table")
    assert not page.is_visible("#issue-filter")
    assert not page.is_visible("nav")


def test_a_narrow_window_shows_the_content_after_a_few_lines_of_links(page, fernshire):
    page.set_viewport_size({"width": 360, "height": 740})
    open_at(page, fernshire, "front")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('nav').getBoundingClientRect().height") < 300


def test_the_front_page_can_be_read_without_scripts(browser, fernshire):
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((fernshire / "index.html").resolve().as_uri())
    assert page.is_visible("section#front >> text=errors")
    assert page.is_visible("section#totals")
    assert not page.is_visible("section#issues")
    context.close()


def test_twenty_thousand_issues_open_in_two_seconds_and_filter_at_once(page, care_run, tmp_path):
    number = 20_000
    child = (pd.Series(range(number)) // 4).astype("str").str.zfill(6)
    starts = pd.to_datetime("2025-04-01") + pd.to_timedelta(pd.Series(range(number)) % 300, unit="D")
    one = tables_of("ssda903", Episodes="CHILD|DECOM|RNE|LS\nA1|01/04/2025|S|C2")["Episodes"]
    care_run.tables["Episodes"] = pd.concat([one] * number, ignore_index=True).assign(CHILD=child, DECOM=starts)
    care_run.origins["Episodes"] = pd.DataFrame(
        {"row": range(number), "source": "s", "file": "cla_episodes.csv", "line": range(2, number + 2), "part": "row"}
    )
    care_run.issues = pd.DataFrame(
        {
            "code": ["502", "176"] * (number // 2),
            "severity": "error",
            "table": "Episodes",
            "row": pd.Series(range(number), dtype="Int64"),
            "field": "DECOM",
            "child": child,
            "value": starts.dt.strftime("%d/%m/%Y"),
            "message": "Open episode of last year is not carried on.",
        }
    )
    path = write_report(care_run, tmp_path)
    assert path.stat().st_size < 15_000_000
    took = []
    for _ in range(3):
        page.goto("about:blank")
        page.goto(f"{path.resolve().as_uri()}#issues")
        page.wait_for_selector("#issue-table tbody tr")
        took.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
    assert min(took) < 2000
    spent = page.evaluate("""() => {
        const box = document.getElementById('f-text'), begun = performance.now();
        box.value = '004321';
        box.dispatchEvent(new Event('input', {bubbles: true}));
        return performance.now() - begun;
    }""")
    assert page.inner_text("#issue-count").startswith("4 issues")
    assert spent < 500
    page.goto(f"{path.resolve().as_uri()}#child/004321")
    page.wait_for_selector("#child-page details")
