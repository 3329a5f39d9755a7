"""Take the pictures of the screens in a browser: pictures.py <URL of a demo> <browser> [names…].

A function `take_<name>` makes the picture `<name>`; `App` knows where each is kept.
"""

import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
# the app's page has copies of these
PAGE = ROOT / "ar_collections" / "static" / "description"
ON_PAGE = ("worklist", "run", "notice", "ageing")
COMPANY = "ar_collections.company_eur_demo"
# the bus keeps the network busy for ever
AT_REST = """() => document.fonts.status === "loaded"
    && [...document.images].every(image => image.complete)
    && !document.querySelector(".o_loading_indicator, .o_form_view .fa-spin")"""
# lint refuses files over 600 kB
MAX_KB = 400


def reduce_colours(image):
    """A screen needs no more than 256; large areas and few red pixels keep theirs."""
    often = sorted(image.getcolors(image.width * image.height), reverse=True)[:96]
    method = Image.Quantize.MAXCOVERAGE
    rest = image.quantize(256 - 96, method, dither=Image.Dither.NONE).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _count, colour in often for part in colour] + rest)
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


class App:
    """The web client of a demo, with a user and one company."""

    def __init__(self, page, url):
        self.page, self.url = page, url
        page.goto(f"{url}/web/login?debug=0")
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", "admin")
        page.click("button[type=submit]")
        page.wait_for_selector(".o_main_navbar")
        company = self.ref(COMPANY)
        page.context.add_cookies(
            [{"name": "cids", "value": str(company), "url": self.url}]
        )
        self.company_id = company

    def call(self, model, method, *args, **kwargs):
        """Call a method as the web client does."""
        context = {"allowed_company_ids": [self.company_id]} if self.company_id else {}
        kwargs.setdefault("context", context)
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        answer = self.page.request.post(
            f"{self.url}/web/dataset/call_kw/{model}/{method}",
            data={"jsonrpc": "2.0", "method": "call", "id": 0, "params": params},
            timeout=300_000,
        ).json()
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"]["message"])
        return answer["result"]

    company_id = None

    def ref(self, xmlid):
        module, name = xmlid.split(".")
        domain = [("module", "=", module), ("name", "=", name)]
        (row,) = self.call("ir.model.data", "search_read", domain, ["res_id"])
        return row["res_id"]

    def first(self, model, domain, order="id"):
        """Id of the first record of that kind."""
        found = self.call(model, "search", domain, order=order, limit=1)
        if not found:
            raise RuntimeError(f"the demo has no {model} like {domain}")
        return found[0]

    def open(self, path, selector):
        """Open a page of the web client and wait for what it is about."""
        self.page.goto(f"{self.url}/odoo/{path}")
        self.page.wait_for_selector(selector)

    def click(self, selector):
        self.page.locator(selector).first.click()

    def shoot(self, name):
        """Keep what is seen, once it has come to rest."""
        self.page.mouse.move(5, 945)
        self.page.wait_for_function(AT_REST)
        time.sleep(2)  # transitions
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            self.page.screenshot(path=file.name)
            self.keep(name, file.name)

    def keep(self, name, file):
        image = reduce_colours(Image.open(file).convert("RGB"))
        for folder in (IMAGES, PAGE) if name in ON_PAGE else (IMAGES,):
            image.save(folder / f"{name}.png", optimize=True)
        size = (IMAGES / f"{name}.png").stat().st_size // 1024
        print(f"    {name}.png, {size} kB", flush=True)
        if size > MAX_KB:
            raise RuntimeError(f"{name}.png has {size} kB, more than {MAX_KB}")


def take_worklist(app):
    app.open("collections", ".o_data_row")
    app.shoot("worklist")


def take_debtor(app):
    debtor = app.first(
        "ar.debtor",
        [("company_id", "=", app.company_id), ("notice_ids", "!=", False)],
        "amount_overdue desc",
    )
    app.open(f"collections/{debtor}", ".o_field_widget[name=outlook] li")
    app.shoot("debtor")


def take_ready_policies(app):
    action = app.ref("ar_collections.ar_policy_ready_action")
    app.open(f"action-{action}", ".o_kanban_record .o_ar_ladder_line")
    app.shoot("ready_policies")


def open_policy(app):
    policy = app.ref("ar_collections.ar_policy_standard")
    app.open(f"collections-policies/{policy}", ".o_form_view .o_ar_ladder")


def take_policy(app):
    open_policy(app)
    app.click(".o_ar_policy_tonight button")
    app.page.wait_for_selector(".o_ar_policy_tonight table")
    app.shoot("policy")


def take_back_test(app):
    open_policy(app)
    app.click("button[name=action_replay]")
    app.click("[name=mode] input[data-value=past]")
    app.click(".o_ar_policy_replay_show button")
    app.page.wait_for_selector("[name=summary] tfoot", timeout=300_000)
    app.page.wait_for_selector(".o_ar_policy_replay_show button:enabled")
    app.shoot("back_test")


def take_ageing(app):
    app.open("ageing", ".o_pivot table tbody tr")
    app.shoot("ageing")


def get_run(app):
    """Today's run as the wizard makes it; nothing is confirmed.

    Its notices wait from then on, so the pictures of the policy come before.
    """
    found = app.call(
        "ar.dunning.run",
        "search",
        [("state", "=", "draft"), ("company_id", "=", app.company_id)],
        limit=1,
    )
    if found:
        return found[0]
    wizard = app.call(
        "ar.dunning.run.start", "create", [{"company_id": app.company_id}]
    )
    return app.call("ar.dunning.run.start", "action_start", wizard)["res_id"]


def take_run(app):
    app.open(f"dunning-runs/{get_run(app)}", "[name=notice_ids] .o_data_row")
    app.shoot("run")


def take_left_alone(app):
    app.open(f"dunning-runs/{get_run(app)}", ".nav-link[name=skips]")
    app.click(".nav-link[name=skips]")
    app.page.wait_for_selector("[name=skip_ids] .o_data_row")
    app.shoot("left_alone")


def get_notice(app, channel):
    run = get_run(app)
    return app.first(
        "ar.dunning.notice",
        [("run_id", "=", run), ("channel", "=", channel)],
        "amount_due desc",
    )


def take_notice(app):
    app.open(f"dunning-notices/{get_notice(app, 'email')}", "[name=preview] table")
    app.shoot("notice")


def take_letter(app):
    notice = get_notice(app, "letter")
    report = "ar_collections.report_ar_dunning_notice"
    pdf = app.page.request.get(
        f"{app.url}/report/pdf/{report}/{notice}", timeout=120_000
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "letter")
        path.with_suffix(".pdf").write_bytes(pdf.body())
        command = ["pdftoppm", "-png", "-singlefile", "-r", "80"]
        subprocess.run([*command, path.with_suffix(".pdf"), path], check=True)
        app.keep("letter", path.with_suffix(".png"))


PICTURES = {
    name.removeprefix("take_"): take
    for name, take in list(globals().items())
    if name.startswith("take_")
}


def wait_for(url):
    end = time.monotonic() + 300
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{url}/web/login", timeout=120).close()
            return
        except OSError:
            time.sleep(1)
    raise RuntimeError(f"nobody answers at {url}")


def main(url, executable, *names):
    """Take each picture named, or all; return the exit code."""
    wait_for(url)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        size = {"width": 1400, "height": 950}
        page = browser.new_page(viewport=size, locale="en-US", reduced_motion="reduce")
        page.set_default_timeout(120_000)
        app = App(page, url)
        failed = []
        for name in names or PICTURES:
            try:
                PICTURES[name](app)
            except Exception as error:  # the others are worth taking
                failed.append(name)
                print(f"    {name}: {error}", flush=True)
        browser.close()
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
