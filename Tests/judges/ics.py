"""Reads calendars with the icalendar package and says when their event starts.

Input: a JSON array of calendar texts. Output: a JSON array with one object for each: its properties, and start and end as
instants computed twice, once from the file's own VTIMEZONE alone, once from the zone's name in the system's database.
"""
import json
import sys
from datetime import timezone
from zoneinfo import ZoneInfo

import icalendar


def instant(value, zone):
    return value.replace(tzinfo=None).replace(tzinfo=zone).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text):
    found = {"faults": []}
    raw = text.encode("utf-8")
    for number, line in enumerate(raw.split(b"\r\n")):
        if len(line) > 75:
            found["faults"].append(f"line {number + 1} has {len(line)} octets")
        if b"\n" in line or b"\r" in line:
            found["faults"].append(f"line {number + 1} has a bare line end")
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            found["faults"].append(f"line {number + 1} cuts a character")
    try:
        calendar = icalendar.Calendar.from_ical(text)
        event = calendar.walk("VEVENT")[0]
        zone = calendar.walk("VTIMEZONE")[0]
        found["faults"] += [str(e) for component in calendar.walk() for e in component.errors]
        own = zone.to_tz(lookup_tzid=False)
        named = ZoneInfo(str(zone["TZID"]))
        for name in ("DTSTART", "DTEND"):
            if event[name].params["TZID"] != str(zone["TZID"]):
                found["faults"].append(f"{name} names another zone")
            found[name] = {"own": instant(event[name].dt, own), "named": instant(event[name].dt, named)}
        for name in ("UID", "SEQUENCE", "SUMMARY", "LOCATION", "DESCRIPTION", "URL", "ORGANIZER", "STATUS"):
            found[name] = str(event.get(name, ""))
        found["DTSTAMP"] = event["DTSTAMP"].dt.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        found["organizerName"] = str(event["ORGANIZER"].params.get("CN", ""))
        for name in ("METHOD", "VERSION", "PRODID"):
            found[name] = str(calendar[name])
        found["observances"] = sorted(c.name for c in zone.subcomponents)
        found["rules"] = sorted(c["RRULE"].to_ical().decode() for c in zone.subcomponents if "RRULE" in c)
    except Exception as fault:
        found["faults"].append(f"{type(fault).__name__}: {fault}")
    return found


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
