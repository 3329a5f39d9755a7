from pathlib import Path

from lxml import etree

from odoo.tests import BaseCase, TransactionCase, tagged

COMPONENTS = Path(__file__).parent.parent / "static" / "src"
# what a screen reader says of an element
NAMES = ("string", "title", "aria-label", "t-att-title", "t-attf-title")
NAMES += ("t-att-aria-label", "t-attf-aria-label", "t-att-aria-labelledby")
# what writes text in it when it is shown
WRITERS = ("t-esc", "t-out", "t-field")


def get_nameless(tree, tags):
    """Elements that can be pressed and have nothing to be called by.

    :return: each as a short string
    :rtype: list[str]
    """
    found = []
    for element in tree.iter(*tags):
        if element.tag == "a" and not is_pressed(element):
            continue
        if any(element.get(name) for name in NAMES) or has_text(element):
            continue
        if element.get("position"):  # names the place in another view, is no button
            continue
        found.append(etree.tostring(element, encoding="unicode")[:160])
    return found


def is_pressed(element):
    return any(
        element.get(name)
        for name in ("href", "t-att-href", "t-attf-href", "t-on-click")
    )


def has_text(element):
    if "".join(element.itertext()).strip():
        return True
    for child in element.iter():
        if not isinstance(child.tag, str):
            continue
        if child.tag == "field" or any(child.get(name) for name in WRITERS):
            return True
        if child.tag == "img" and child.get("alt"):
            return True
    return False


def get_colour_only(tree):
    """Fields of lists that tell something by their colour and show no text."""
    return [
        etree.tostring(field, encoding="unicode")[:160]
        for field in tree.iter("field")
        if field.get("widget") in ("color", "state_selection")
        and not field.get("string")
    ]


class TestNameless(BaseCase):
    """The search itself finds what it looks for."""

    def test_icons_without_a_name(self):
        tree = etree.fromstring(
            "<form><button icon='fa-eye'/><button><i class='fa fa-eye'/></button>"
            "<button icon='fa-eye' title='Look'/><button>Look</button>"
            "<button><field name='count'/></button></form>"
        )
        self.assertEqual(len(get_nameless(tree, ["button"])), 2)

    def test_links_without_a_name(self):
        tree = etree.fromstring(
            "<t><a t-on-click='open'><i class='fa fa-eye'/></a><a name='anchor'/>"
            "<a href='#'><t t-out='name'/></a></t>"
        )
        self.assertEqual(len(get_nameless(tree, ["a"])), 1)


@tagged("post_install", "-at_install")
class TestAccessibility(TransactionCase):
    """What can be pressed has a name for those who do not see the icon."""

    def _get_views(self):
        data = self.env["ir.model.data"].search(
            [("module", "=like", "ar_collections%"), ("model", "=", "ir.ui.view")]
        )
        return self.env["ir.ui.view"].browse(data.mapped("res_id"))

    def test_buttons_and_links_of_all_views(self):
        views = self._get_views()
        self.assertGreater(len(views), 40)
        for view in views:
            tree = etree.fromstring(view.arch)
            self.assertFalse(get_nameless(tree, ["button", "a"]), view.name)
            self.assertFalse(get_colour_only(tree), view.name)

    def test_buttons_and_links_of_all_components(self):
        files = list(COMPONENTS.rglob("*.xml"))
        self.assertTrue(files)
        for file in files:
            tree = etree.parse(file)
            self.assertFalse(get_nameless(tree, ["button", "a"]), file.name)
            for icon in tree.iter("i"):
                hidden = icon.get("aria-hidden") == "true"
                named = any(icon.get(name) for name in NAMES)
                beside = has_text(icon.getparent())
                self.assertTrue(hidden or named or beside, etree.tostring(icon))

    def test_pictures_have_a_text(self):
        for view in self._get_views():
            for image in etree.fromstring(view.arch).iter("img"):
                named = any(image.get(f"{pre}alt") for pre in ("", "t-att-", "t-attf-"))
                # an empty one says that the picture is an ornament
                self.assertTrue(named or image.get("alt") == "", view.name)
