"""Judges one HTML page: usage web_page.py LANG [--own-host HOST] < page. Prints one fault a line; exit status 1 if any.

Nesting, one h1, no skipped heading level, lang, title, unique ids, a label for every visible field, alternative texts, no
asset from elsewhere, no inline event handler.
"""
import sys
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Elements that may not stand inside a paragraph: their start tag would end it.
BLOCK = {"address", "article", "aside", "blockquote", "details", "div", "dl", "fieldset", "figure", "footer", "form", "h1", "h2", "h3",
         "h4", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table", "ul"}
PARENTS = {"li": {"ul", "ol"}, "dt": {"dl", "div"}, "dd": {"dl", "div"}, "tr": {"tbody", "thead", "tfoot", "table"},
           "td": {"tr"}, "th": {"tr"}, "summary": {"details"}}


class Judge(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.faults, self.ids = [], [], set()
        self.headings, self.labels, self.fields, self.lang, self.title = [], set(), [], None, ""
        self.references = []

    def fault(self, words):
        self.faults.append("line %d: %s" % (self.getpos()[0], words))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if len(values) != len(attributes):
            self.fault("<%s> has an attribute twice" % tag)
        if tag in BLOCK and "p" in self.stack:
            self.fault("<%s> inside <p>" % tag)
        if tag in PARENTS and (not self.stack or self.stack[-1] not in PARENTS[tag]):
            self.fault("<%s> inside <%s>" % (tag, self.stack[-1] if self.stack else ""))
        if self.stack and self.stack[-1] in ("ul", "ol") and tag not in ("li", "script", "template"):
            self.fault("<%s> straight inside <%s>" % (tag, self.stack[-1]))
        if tag == "a" and "a" in self.stack:
            self.fault("<a> inside <a>")
        if "id" in values:
            if values["id"] in self.ids:
                self.fault("the id %s is there twice" % values["id"])
            self.ids.add(values["id"])
        for name, value in attributes:
            if name.startswith("on"):
                self.fault("inline event handler %s" % name)
            if name in ("src", "href", "action", "data", "poster", "srcset") and value and "://" in value.split("?")[0]:
                self.references.append((tag, name, value))
        if tag == "html":
            self.lang = values.get("lang")
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.headings.append(int(tag[1]))
        if tag == "label" and "for" in values:
            self.labels.add(values["for"])
        if tag in ("input", "select", "textarea") and values.get("type") not in ("hidden", "submit", "button"):
            if "label" not in self.stack and "aria-label" not in values:
                self.fields.append((self.getpos()[0], values.get("id")))
        if tag == "img" and "alt" not in values:
            self.fault("<img> without alt")
        if tag == "iframe" and not values.get("title"):
            self.fault("<iframe> without title")
        if tag == "th" and "scope" not in values:
            self.fault("<th> without scope")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return self.fault("</%s>" % tag)
        if not self.stack or self.stack[-1] != tag:
            self.fault("</%s> closes <%s>" % (tag, self.stack[-1] if self.stack else "nothing"))
        if tag in self.stack:
            while self.stack.pop() != tag:
                pass

    def handle_data(self, data):
        if self.stack and self.stack[-1] == "title":
            self.title += data
        if "{{" in data or "}}" in data:
            self.fault("a template tag is left in the text")

    def finish(self, lang, own):
        self.close()
        if self.stack:
            self.faults.append("never closed: %s" % self.stack)
        if self.lang != lang:
            self.faults.append("lang is %r, not %r" % (self.lang, lang))
        if not self.title.strip():
            self.faults.append("no title")
        if self.headings.count(1) != 1:
            self.faults.append("%d h1" % self.headings.count(1))
        for before, after in zip(self.headings, self.headings[1:]):
            if after > before + 1:
                self.faults.append("h%d follows h%d" % (after, before))
        for line, name in self.fields:
            if name not in self.labels:
                self.faults.append("line %d: a field without label" % line)
        for tag, name, value in self.references:
            if not (own and value.startswith(own)):
                self.faults.append("<%s %s> leads elsewhere: %s" % (tag, name, value))
        return self.faults


text = sys.stdin.buffer.read().decode("utf-8", "strict")
judge = Judge()
if not text.startswith("<!DOCTYPE html>"):
    judge.faults.append("no doctype")
judge.feed(text)
own = sys.argv[sys.argv.index("--own-host") + 1] if "--own-host" in sys.argv else None
faults = judge.finish(sys.argv[1], own)
print("\n".join(faults))
sys.exit(1 if faults else 0)
