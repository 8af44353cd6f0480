#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the pages and the JSON of mxcheck-web say, and that nothing from outside becomes markup."""
import csv
import html.parser
import io
import json
import re
import unittest
import urllib.parse

from hostiledns import HostileDns
from web import Web

OURS = {"html", "head", "meta", "title", "link", "script", "body", "a", "header", "p", "nav", "main", "h1", "form", "label", "input",
        "div", "select", "option", "button", "section", "h2", "h3", "bdi", "dl", "dt", "dd", "code", "ul", "li", "table", "thead",
        "tbody", "tr", "th", "td", "span", "details", "summary", "pre", "footer", "textarea"}
VOID = {"meta", "link", "input"}


class Markup(html.parser.HTMLParser):
    """Fails on an element or an attribute that the pages do not have of their own, and on bad nesting."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open = []
        self.scripts = 0
        self.text = ""
        self.feed(text)
        self.close()
        if self.open:
            raise AssertionError("not closed: %s" % self.open)

    def handle_starttag(self, tag, attrs):
        if tag not in OURS:
            raise AssertionError("a foreign element: %s" % tag)
        for name, _ in attrs:
            if name.startswith("on") or name in ("style", "srcdoc"):
                raise AssertionError("a foreign attribute: %s" % name)
        if tag == "script":
            self.scripts += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise AssertionError("ends without a beginning: %s" % tag)

    def handle_data(self, data):
        self.text += data


HOSTILE = ["<script>window.broken=1</script>@good.example", "\"onmouseover=\"window.broken=1\"@good.example", "'\"><img src=x>",
           "good.example\u202egnp.exe", "bob@good.example\u200b", b"bob@\xff\xfe.example", b"bob\x00<b>@good.example", "&lt;b&gt;@x",
           "</textarea><script>1</script>", "</title><script>1</script>.example", "javascript:alert(1)", "\ufeff", "a" * 3000,
           "-1+1|cmd@good.example", "\r\nX-Injected: yes\r\n\r\n<b>"]


class OverHostileDns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dns = HostileDns().__enter__()
        cls.web = Web(cls.dns.address, "-o", "timeout=1s").__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.web.__exit__(None, None, None)
        cls.dns.__exit__(None, None, None)


class Pages(OverHostileDns):
    def test_the_answer_says_in_one_line_whether_mail_can_be_delivered(self):
        for name, line in (("good.example", "Mail can be delivered to good.example"),
                           ("bob@good.example", "Mail can be delivered to good.example"),
                           ("nowhere.example", "Mail cannot be delivered to nowhere.example"),
                           ("null.example", "Mail cannot be delivered to null.example"),
                           ("told.example", "Unknown now: whether mail can be delivered to told.example"),
                           ("silent.example", "Unknown now: whether mail can be delivered to silent.example"),
                           ("a b@good.example", "Mail cannot be delivered to a b@good.example")):
            with self.subTest(name):
                page = self.web.page(name)
                Markup(page)
                self.assertIn("<h2 id=\"verdict\"><bdi>%s</bdi></h2>" % line, page)
                self.assertIn("<title>%s – " % line, page)

    def test_the_page_has_the_exact_reply_and_what_to_do(self):
        page = self.web.page("null.example")
        self.assertIn("<code>556 5.1.10 destination domain accepts no mail</code>", page)
        self.assertIn("<h3>What to do</h3><p>Use another address: null.example declares that it accepts no mail.", page)
        page = self.web.page("null.example", role="sender")
        self.assertIn("<code>550 5.7.27 sender domain accepts no mail</code>", page)
        self.assertIn("What a server replies to MAIL FROM", page)

    def test_the_table_says_question_answer_ttl_and_who_answered(self):
        text = Markup(self.web.page("good.example", depth="targets")).text
        for words in ("MX of good.example10 gone.good.example no address20 mx1.good.example usable300 s" + self.dns.address,
                      "A of mx1.good.example203.0.114.10300 s", "A of gone.good.examplethe name does not exist (NXDOMAIN)"):
            self.assertIn(words, text)

    def test_an_internationalised_domain_is_shown_in_both_forms(self):
        for name in ("bob@bücher.example", "xn--bcher-kva.example"):
            text = Markup(self.web.page(name)).text
            self.assertIn("Domain in DNSxn--bcher-kva.exampleIn Unicodebücher.example", text)

    def test_the_null_reverse_path_and_postmaster_are_no_domains(self):
        self.assertIn("The null reverse-path &lt;&gt; is always accepted", self.web.page("<>", role="sender"))
        self.assertIn("Mail can be delivered to &lt;postmaster&gt;", self.web.page("<postmaster>"))

    def test_nothing_that_is_asked_becomes_markup(self):
        for text in HOSTILE:
            for role in ("rcpt", "sender"):
                with self.subTest(text[:40]):
                    page = self.web.page(text, role=role)
                    self.assertEqual(Markup(page).scripts, 1)
                    self.assertFalse(re.search("[\u200b-\u200f\u202a-\u202e\ufeff\x00-\x09\x0b-\x1f\x7f-\x9f]", page))

    def test_what_cannot_be_seen_is_shown_escaped(self):
        for text, seen in ((b"bob@\xff\xfe.example", "bob@\\xff\\xfe.example"), ("good.example\u202egnp", "good.example\\u{202e}gnp"),
                           (b"bob\x00@good.example", "bob\\u{0}@good.example"), ("a\tb@good.example", "a\\u{9}b@good.example")):
            with self.subTest(seen):
                page = self.web.page(text)
                self.assertIn("<h2 id=\"verdict\"><bdi>Mail cannot be delivered to %s</bdi></h2>" % seen, page)

    def test_the_script_escapes_the_same_characters_as_the_server(self):
        source = re.search(r'const UNSEEN = new RegExp\((.*?), "gu"\)', self.web.ask("/script.js")[2], re.DOTALL).group(1)
        unseen = "".join(re.findall('"([^"]*)"', source)).replace("\\\\", "\\")
        unseen = re.compile(re.sub(r"\\u(?:\{([0-9a-f]+)\}|([0-9a-f]{4}))",
                                   lambda found: "\\U%08x" % int(found[1] or found[2], 16), unseen))
        for start in range(0, 0x110000, 0x1000):
            if start in range(0x20000, 0xe0000) or start >= 0xf2000:
                continue
            text = "".join(chr(code) for code in range(start, start + 0x1000) if not 0xd800 <= code < 0xe000 and chr(code) not in "\r\n\"")
            body = self.web.ask("/list.csv", "addresses=x%s" % urllib.parse.quote(text) + "x")[2]
            shown = unseen.sub(lambda found: "\\u{%x}" % ord(found[0]), "x%sx" % text)
            self.assertEqual(next(csv.reader(body.splitlines()[1:2]))[0], shown, hex(start))

    def test_nothing_that_dns_says_becomes_markup(self):
        for name, seen in (("told.example", "EDE 22 No Reachable Authority: </td><script>window.broken=1</script>"),
                           ("markup.example", "<img")):
            for depth in ("records", "targets"):
                with self.subTest(name):
                    markup = Markup(self.web.page(name, depth=depth))
                    self.assertEqual(markup.scripts, 1)
                    self.assertIn(seen, markup.text)

    def test_a_parameter_that_is_none_is_refused(self):
        for path in ("/?q=x.example&depth=<b>", "/?q=x.example&role=everyone", "/?q=x.example&role=rcpt%00"):
            status, _, page = self.web.ask(path)
            Markup(page)
            self.assertEqual(status, 400)
        for path in ("/api/v1/check?address=x&role=1", "/api/v1/check?address=x&depth=", "/api/v1/check", "/api/v1/check?q=x"):
            status, headers, body = self.web.ask(path)
            self.assertEqual((status, headers["Content-Type"]), (400, "application/json"))
            self.assertIn("error", json.loads(body))

    def test_an_empty_question_shows_the_form_alone(self):
        for path in ("/", "/?q=", "/?q=++", "/?q", "/?q=%09%0A+&role=sender", "/list"):
            status, _, page = self.web.ask(path)
            Markup(page)
            self.assertEqual(status, 200)
            self.assertNotIn("id=\"answer\"", page)

    def test_the_link_to_an_answer_leads_to_it(self):
        for text in ("bob+tag@good.example", "a&b=c@good.example", "50%@good.example", "bob@bücher.example"):
            page = self.web.page(text, role="sender", depth="targets")
            link = re.search('<a href="([^"]*)">Link to this answer', page).group(1)
            query = urllib.parse.parse_qs(html.unescape(link).partition("?")[2])
            self.assertEqual(query, {"q": [text], "role": ["sender"], "depth": ["targets"]})

    def test_every_response_forbids_what_is_not_ours(self):
        for path in ("/", "/?q=good.example", "/list", "/api/v1/check?address=good.example", "/script.js", "/style.css", "/icon.svg",
                     "/metrics", "/healthz", "/nowhere", "/?q=x&role=x"):
            _, headers, _ = self.web.ask(path)
            policy = headers["Content-Security-Policy"]
            self.assertTrue(policy.startswith("default-src 'none'"), path)
            self.assertNotIn("unsafe", policy)
            for part in ("script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
                self.assertIn(part, policy)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")

    def test_pages_name_no_other_host(self):
        for path in ("/", "/list", "/?q=good.example", "/style.css", "/script.js"):
            body = self.web.ask(path)[2]
            self.assertFalse(re.findall("(?:https?:)?//[a-z]+\\.", body), path)
            self.assertNotIn("@import", body)
            self.assertNotIn("url(", body)

    def test_an_asset_that_the_browser_has_is_not_sent_again(self):
        tag = self.web.ask("/style.css")[1]["ETag"]
        self.assertEqual(self.web.ask("/style.css", headers={"If-None-Match": tag})[0::2], (304, ""))

    def test_a_tag_is_known_in_each_way_a_browser_or_cache_sends_it(self):
        tag = self.web.ask("/script.js")[1]["ETag"]
        for known in ("W/" + tag, '"x", ' + tag, '"x",W/"y" ,' + tag, "*"):
            self.assertEqual(self.web.ask("/script.js", headers={"If-None-Match": known})[0], 304, known)
        for other in ('"x"', "W/", tag[:-1], "x" + tag, ","):
            self.assertEqual(self.web.ask("/script.js", headers={"If-None-Match": other})[0], 200, other)

    def test_a_method_that_a_path_does_not_take_is_405(self):
        page = "text/html; charset=utf-8"
        for path, method, allowed, kind in (("/", "POST", "GET, HEAD", page), ("/api/v1/checks", "GET", "POST", "application/json"),
                                            ("/list", "PUT", "GET, HEAD, POST", page), ("/list.csv", "GET", "POST", page),
                                            ("/api/v1/check", "DELETE", "GET, HEAD", "application/json")):
            status, headers, body = self.web.ask(path, body="x", method=method)
            self.assertEqual((status, headers["Allow"], headers["Content-Type"]), (405, allowed, kind))
            if kind == "application/json":
                self.assertIn("error", json.loads(body))
        self.assertEqual(self.web.ask("/", method="HEAD")[0::2], (200, ""))

    def test_what_does_not_exist_is_404(self):
        for path in ("/nowhere", "/../etc/passwd", "/%2e%2e/x", "/style.css/", "//style.css", "/healthz%00", "/%00?q=%00"):
            for method in ("GET", "POST", "DELETE"):
                self.assertEqual(self.web.ask(path, method=method)[0], 404, (path, method))
        status, headers, _ = self.web.ask("/api/v2/check")
        self.assertEqual((status, headers["Content-Type"]), (404, "application/json"))


class Lists(OverHostileDns):
    LINES = "bob@good.example\r\n\r\n  null.example \nbob@good.example\n<b>@x\ntold.example\n=1+1@good.example"

    def test_json_has_a_line_for_each_address_with_its_number(self):
        status, headers, body = self.web.ask("/api/v1/checks?role=sender", self.LINES.encode())
        self.assertEqual((status, headers["Content-Type"]), (200, "application/x-ndjson"))
        answers = {answer["line"]: answer for answer in map(json.loads, body.splitlines())}
        self.assertEqual(sorted(answers), [1, 3, 4, 5, 6, 7])
        self.assertEqual([answers[line]["verdict"] for line in (1, 3, 4, 5, 6)], ["accept", "reject", "accept", "reject", "defer"])
        self.assertEqual({answer["role"] for answer in answers.values()}, {"sender"})
        own = self.web.check("null.example", role="sender")
        for key in ("address", "verdict", "reason", "reply", "hint"):
            self.assertEqual(answers[3][key], own[key])

    def test_answers_come_as_they_are_known(self):
        self.dns.hold()
        connection = self.web.connect()
        connection.request("POST", "/api/v1/checks", "n1.held.example\ngood.example\nnull.example\n")
        response = connection.getresponse()
        first = [json.loads(response.readline())["line"] for _ in range(2)]
        self.assertEqual(sorted(first), [2, 3])
        self.dns.release()
        self.assertEqual(json.loads(response.readline())["line"], 1)
        self.assertEqual(response.readline(), b"")
        connection.close()

    def test_csv_is_in_the_order_of_the_lines_and_has_no_formulas(self):
        form = urllib.parse.urlencode({"addresses": self.LINES, "role": "rcpt"})
        status, headers, body = self.web.ask("/list.csv", form)
        self.assertEqual(status, 200)
        self.assertIn("attachment", headers["Content-Disposition"])
        rows = list(csv.DictReader(io.StringIO(body, newline="")))
        self.assertEqual([row["address"] for row in rows], ["bob@good.example", "null.example", "bob@good.example", "<b>@x",
                                                            "told.example", "'=1+1@good.example"])
        self.assertEqual([row["verdict"] for row in rows], ["accept", "reject", "accept", "reject", "defer", "accept"])
        self.assertEqual(rows[1]["reply"], "556 5.1.10 destination domain accepts no mail")

    def test_a_full_width_sign_begins_a_formula_as_well(self):
        given = ["\uff1d1@x", "\uff0b1@x", "\uff0d1@x", "\uff201@x", "\uff1c1@x"]
        body = self.web.ask("/list.csv", urllib.parse.urlencode({"addresses": "\n".join(given)}))[2]
        shown = [row["address"] for row in csv.DictReader(io.StringIO(body, newline=""))]
        self.assertEqual(shown, ["'" + address for address in given[:4]] + given[4:])

    def test_a_long_list_is_not_sent_back_in_the_form(self):
        for count, is_there in ((10, True), (200, False)):
            page = self.web.ask("/list", urllib.parse.urlencode({"addresses": "bob@many-1.%sexample\n" % ("a." * 40) * count}))[2]
            form = re.search("<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL).group(1)
            self.assertEqual(form.count("bob@"), count if is_there else 0)
        page = self.web.ask("/list", "role=x&addresses=" + "%22" * 80000)[2]
        self.assertLess(len(page), 10000)

    def test_the_page_has_a_row_for_each_address_without_javascript(self):
        markup = Markup(self.web.ask("/list", urllib.parse.urlencode({"addresses": self.LINES}))[2])
        self.assertIn("Mail can be delivered to 3 of 6, cannot to 2; unknown now: 1.", markup.text)
        self.assertIn("<b>@xcannot be delivered553", markup.text)

    def test_nothing_in_a_list_becomes_markup(self):
        lines = b"\n".join(text if isinstance(text, bytes) else text.encode() for text in HOSTILE)
        page = self.web.ask("/list", b"addresses=" + urllib.parse.quote_from_bytes(lines).encode())[2]
        self.assertEqual(Markup(page).scripts, 1)
        for line in self.web.ask("/api/v1/checks", lines)[2].splitlines():
            json.loads(line)
        body = self.web.ask("/list.csv", b"addresses=" + urllib.parse.quote_from_bytes(lines).encode())[2]
        for row in csv.reader(io.StringIO(body, newline="")):
            self.assertEqual(len(row), 6)
            self.assertNotIn(row[0][:1], "=+-@" if row[0] else "x")

    def test_a_list_without_an_address_is_refused(self):
        for body in ("", " \n\n", "addresses=", "role=rcpt"):
            self.assertEqual(self.web.ask("/list", body)[0], 400)
        self.assertEqual(self.web.ask("/api/v1/checks", "\n \n")[0], 400)

    def test_a_thousand_addresses_are_a_list(self):
        lines = "".join("bob@many-%d.example\n" % number for number in range(1000))
        answers = [json.loads(line) for line in self.web.ask("/api/v1/checks", lines)[2].splitlines()]
        self.assertEqual(sorted(answer["line"] for answer in answers), list(range(1, 1001)))
        self.assertEqual({answer["verdict"] for answer in answers}, {"accept"})

    def test_a_client_that_goes_away_leaves_nothing_behind(self):
        self.dns.hold()
        for _ in range(20):
            connection = self.web.connect()
            connection.request("POST", "/api/v1/checks", "n2.held.example\nn3.held.example\ngood.example\n")
            connection.getresponse().readline()
            connection.close()
        self.dns.release()
        self.assertEqual(self.web.check("n2.held.example")["verdict"], "accept")
        self.assertEqual(self.web.metric("mxcheck_web_checks_waiting_for_dns"), 0)


if __name__ == "__main__":
    unittest.main()
