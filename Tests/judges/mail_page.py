"""Judges the HTML of a mail for people who read it badly: usage mail_page.py LANG < page. JSON: {"faults": […], "light": least
contrast, "dark": least contrast, "texts": how many pieces of text}.

Contrast (WCAG 2, RGAA 3.2) from what the elements say themselves and, for a dark screen, from the rules of the page's style
sheet for it. Language, headings, link texts, images, tables for layout (RGAA 5.8, 6.1, 8.3, 9.1).
"""
import json
import re
import sys
from html.parser import HTMLParser

VOID = {"br", "hr", "img", "meta", "link", "input", "col"}
VAGUE = {"ici", "cliquez ici", "lien", "en savoir plus", "here", "click here", "link", "more"}


def luminance(colour):
    digits = colour.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    parts = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    a, b = sorted((luminance(one), luminance(other)), reverse=True)
    return (a + 0.05) / (b + 0.05)


def declarations(text):
    pairs = (part.split(":", 1) for part in text.replace("!important", "").split(";") if ":" in part)
    return {name.strip().lower(): value.strip() for name, value in pairs}


def colour(value):
    found = re.search(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b", value or "")
    return found[0] if found else None


class Judge(HTMLParser):
    def __init__(self, language, rules):
        super().__init__(convert_charrefs=True)
        self.language, self.rules = language, rules
        self.stack = [{"tag": "", "classes": set(), "light": ("#000000", "#ffffff"), "dark": ("#000000", "#ffffff"), "shown": True}]
        self.faults, self.least, self.texts = [], {"light": 99, "dark": 99}, 0
        self.headings, self.link, self.lang = [], None, None

    def dark(self, tag, classes):
        found = {}
        for selector, values in self.rules:
            above, _, last = selector.rpartition(" ")
            fits = last == tag or (last.startswith(".") and last[1:] in classes)
            if fits and (not above or any(above[1:] in entry["classes"] for entry in self.stack)):
                found.update(values)
        return found

    def handle_starttag(self, tag, attributes):
        values = {name: value or "" for name, value in attributes}
        style, classes = declarations(values.get("style", "")), set(values.get("class", "").split())
        outer = self.stack[-1]
        shown = outer["shown"] and style.get("display") != "none" and tag not in ("style", "title", "head")
        light = (colour(style.get("color")) or outer["light"][0],
                 colour(style.get("background") or style.get("background-color") or values.get("bgcolor")) or outer["light"][1])
        own = {**{k: v for k, v in style.items() if colour(v)}, **self.dark(tag, classes)}
        dark = (colour(own.get("color")) or outer["dark"][0],
                colour(own.get("background") or own.get("background-color")) or outer["dark"][1])
        if tag == "html":
            self.lang = values.get("lang")
        if tag == "table" and values.get("role") != "presentation":
            self.faults.append("a table for layout without role=presentation")
        if tag == "img":
            self.faults.append("an image")
        if tag in ("td", "table", "div") and colour(style.get("background")) and tag == "td" and "bgcolor" not in values:
            self.faults.append("a cell's colour that Outlook doesn't see: %s" % values.get("class"))
        if re.fullmatch("h[1-6]", tag) and shown:
            self.headings.append(int(tag[1]))
        if tag == "a" and shown:
            self.link = ""
        if tag not in VOID:
            self.stack.append({"tag": tag, "classes": classes, "light": light, "dark": dark, "shown": shown})

    def handle_endtag(self, tag):
        if tag == "a" and self.link is not None:
            words = " ".join(self.link.split()).lower()
            if not words or words in VAGUE:
                self.faults.append("a link that doesn't say where it leads: “%s”" % words)
            self.link = None
        while len(self.stack) > 1 and self.stack.pop()["tag"] != tag:
            pass

    def handle_data(self, data):
        here = self.stack[-1]
        if self.link is not None:
            self.link += data
        if not data.strip() or not here["shown"]:
            return
        self.texts += 1
        for scheme in ("light", "dark"):
            ratio = contrast(*here[scheme])
            self.least[scheme] = min(self.least[scheme], ratio)
            if ratio < 4.5:
                self.faults.append("contrast %.2f, %s: “%s”" % (ratio, scheme, data.strip()[:40]))


page = sys.stdin.read()
sheet = re.search(r"prefers-color-scheme: dark\) \{(.*?)\n\}", page, re.S)
rules = [(s.strip(), declarations(body)) for s, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet[1])] if sheet else []
judge = Judge(sys.argv[1], rules)
judge.feed(page)
if judge.lang != sys.argv[1]:
    judge.faults.append("lang is %s" % judge.lang)
if judge.headings[:1] != [1] or judge.headings.count(1) != 1:
    judge.faults.append("not one h1 first: %s" % judge.headings)
judge.faults += ["h%d after h%d" % (b, a) for a, b in zip(judge.headings, judge.headings[1:]) if b > a + 1]
if not rules:
    judge.faults.append("no rules for a dark screen")
json.dump({"faults": judge.faults, "light": judge.least["light"], "dark": judge.least["dark"], "texts": judge.texts}, sys.stdout)
