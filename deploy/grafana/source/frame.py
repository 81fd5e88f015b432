"""What all dashboards share: variables, links, annotations, the table of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from panels import COLORED, DATASOURCE, Json, column, link, mapped, rows_of, table
from queries import sites

TAG: Final = "netmon"
KECAMATAN_PAGE: Final = "netmon-kecamatan"
SITE_PAGE: Final = "netmon-lokasi"
DEVICE_PAGE: Final = "netmon-titik-akses"

ANY_KECAMATAN: Final = 'kecamatan=~"$kecamatan"'
THIS_KECAMATAN: Final = 'kecamatan="$kecamatan"'
THIS_SITE: Final = 'site="$site"'
THIS_DEVICE: Final = 'device="$device"'

_KECAMATAN: Final = "group by (kecamatan, kecamatan_name) (netmon_kelurahan_info)"
_SITES: Final = f"group by (site, title) ({sites(ANY_KECAMATAN)})"
_AT_SITE: Final = f"{ANY_KECAMATAN}, site=~"
_NAMED: Final = 'label_join(netmon_device_info{{{0}, name!=""}}, "title", " · ", "device", "name")'
_NAMELESS: Final = 'label_replace(netmon_device_info{{{0}, name=""}}, "title", "$1", "device", "(.+)")'


def to_kecamatan(label: str = "kecamatan") -> Json:
    """Link a cell to the page of the kecamatan in a column."""
    return link("Buka kecamatan", _url(KECAMATAN_PAGE, "kecamatan", label))


def to_site(label: str = "site") -> Json:
    """Link a cell to the page of the site in a column."""
    return link("Buka lokasi", _url(SITE_PAGE, "site", label))


def to_device(label: str = "device") -> Json:
    """Link a cell to the page of the device in a column."""
    return link("Buka perangkat", _url(DEVICE_PAGE, "device", label))


def _url(page: str, variable: str, label: str) -> str:
    return f"/d/{page}?var-{variable}=${{__data.fields.{label}}}&var-datasource=${{datasource}}&${{__url_time_range}}"


def _choice(name: str, label: str, expression: str, value: str, text: str, *, all_of_them: bool = False) -> Json:
    """Give a variable whose choices are read from labels: what is shown, and what is asked for."""
    found: Json = {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": DATASOURCE,
        "query": {"query": f"query_result({expression})", "refId": f"variable-{name}"},
        "definition": f"query_result({expression})",
        "regex": f'/{value}="(?<value>[^"]*)".*[,]{text}="(?<text>[^"]*)"/',
        "refresh": 2,
        "sort": 1,
        "multi": False,
        "includeAll": all_of_them,
        "hide": 0,
        "skipUrlSync": False,
        "options": [],
        "current": {},
    }
    if all_of_them:
        found |= {"allValue": ".*", "current": {"selected": True, "text": "All", "value": "$__all"}}
    return found


def kecamatan(*, all_of_them: bool = False) -> Json:
    """Let a kecamatan be chosen by its name."""
    return _choice("kecamatan", "Kecamatan", _KECAMATAN, "kecamatan", "kecamatan_name", all_of_them=all_of_them)


def site(*, all_of_them: bool = False) -> Json:
    """Let a site be chosen by its name."""
    return _choice("site", "Lokasi", _SITES, "site", "title", all_of_them=all_of_them)


def device() -> Json:
    """Let a device be chosen by its id and name: many devices share a name."""
    at_site = f'{_AT_SITE}"$site"'
    both = f"{_NAMED.format(at_site)} or {_NAMELESS.format(at_site)}"
    return _choice("device", "Perangkat", f"group by (device, title) ({both})", "device", "title")


def alerts(where: str = "", title: str = "Peringatan yang sedang berlangsung") -> Json:
    """Show the alerts that fire now, each with a link to its page; the one that always fires is left out."""
    severities = {
        "critical": ("kritis", "red"),
        "warning": ("peringatan", "orange"),
        "info": ("info", "blue"),
    }
    runbook = link("Apa artinya, apa yang dilakukan", "${netmon}/runbooks/${__data.fields.alertname}")
    columns = {
        "alertname": column("Peringatan", link_to=runbook),
        "severity": column("Tingkat", {"mappings": mapped(severities)}, COLORED),
        "kecamatan": column("Kecamatan", link_to=to_kecamatan()),
        "uplink": column("Jaringan"),
        "site": column("Lokasi", link_to=to_site()),
        "device": column("Perangkat", link_to=to_device()),
        "owner": column("Perangkat daerah"),
    }
    chosen = ", ".join(part for part in ('alertstate="firing", severity!="none"', where) if part)
    by = ", ".join(columns)
    return table(title, columns, rows_of(f"group by ({by}) (ALERTS{{{chosen}}})"), sort=("Tingkat", False))


def dashboard(
    uid: str, title: str, panels: Sequence[Json], variables: Sequence[Json] = (), *, alerts_of: str = ""
) -> Json:
    """Put a dashboard together; ``alerts_of`` chooses the alerts that are marked in its graphs."""
    return {
        "uid": uid,
        "title": title,
        "tags": [TAG],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "browser",
        "weekStart": "monday",
        "annotations": {"list": [_annotation(alerts_of)]},
        "templating": {"list": [_datasource(), *variables, _netmon()]},
        "links": [_pages(), _first_page()],
        "panels": list(panels),
    }


def _annotation(where: str) -> Json:
    chosen = ", ".join(part for part in ('alertstate="firing", severity=~"critical|warning"', where) if part)
    return {
        "name": "Peringatan",
        "datasource": DATASOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": f"ALERTS{{{chosen}}}",
        "step": "60s",
        "titleFormat": "{{alertname}}",
        "textFormat": "{{kecamatan}} {{uplink}} {{site}} {{device}}",
        "tagKeys": "severity",
    }


def _datasource() -> Json:
    return {
        "type": "datasource",
        "name": "datasource",
        "label": "Prometheus",
        "query": "prometheus",
        "regex": "",
        "refresh": 1,
        "multi": False,
        "includeAll": False,
        "hide": 0,
        "options": [],
        "current": {},
    }


def _netmon() -> Json:
    address: Any = "http://127.0.0.1:9810"
    return {
        "type": "textbox",
        "name": "netmon",
        "label": "Alamat netmon",
        "query": address,
        "hide": 2,
        "skipUrlSync": False,
        "options": [{"selected": True, "text": address, "value": address}],
        "current": {"selected": True, "text": address, "value": address},
    }


def _pages() -> Json:
    return {
        "type": "dashboards",
        "title": "netmon",
        "tags": [TAG],
        "asDropdown": False,
        "includeVars": False,
        "keepTime": True,
        "targetBlank": False,
        "icon": "external link",
        "tooltip": "",
        "url": "",
    }


def _first_page() -> Json:
    return {
        "type": "link",
        "title": "Halaman netmon",
        "url": "${netmon}/",
        "tags": [],
        "asDropdown": False,
        "includeVars": False,
        "keepTime": False,
        "targetBlank": True,
        "icon": "external link",
        "tooltip": "",
    }
