"""The words of netmon as frozen values.

Everything else in the house is written in these words and imports them from here; this module imports
nothing but the standard library and does nothing by itself.

Times are whole Unix seconds (UTC) unless a name says otherwise, spans are half-open ``[start, end)``,
durations are seconds, coordinates are degrees (WGS 84).
"""

from netmon.model.alerting import (
    NAME_LONGEST,
    NOTE_LONGEST,
    Acknowledgement,
    plain,
)
from netmon.model.inventory import (
    City,
    Credential,
    Device,
    Inventory,
    Kelurahan,
    Maintenance,
    Polygon,
    Reach,
    ReachKind,
    Ring,
    Role,
    Secret,
    Service,
    ServiceHours,
    Settings,
    Site,
    Targets,
    TimeSpans,
    Uplink,
    Witness,
)
from netmon.model.observing import (
    COVERAGE,
    DEFINITION,
    STATES,
    Failure,
    Outcome,
    Period,
    Span,
    State,
    iso,
    reach_seconds,
)
from netmon.model.probing import (
    NO_READINGS,
    Check,
    Identity,
    Observation,
    Readings,
    Series,
)
from netmon.model.serving import (
    ClientAuth,
    Tls,
    WebConfiguration,
)

__all__ = [
    "COVERAGE",
    "DEFINITION",
    "NAME_LONGEST",
    "NOTE_LONGEST",
    "NO_READINGS",
    "STATES",
    "Acknowledgement",
    "Check",
    "City",
    "ClientAuth",
    "Credential",
    "Device",
    "Failure",
    "Identity",
    "Inventory",
    "Kelurahan",
    "Maintenance",
    "Observation",
    "Outcome",
    "Period",
    "Polygon",
    "Reach",
    "ReachKind",
    "Readings",
    "Ring",
    "Role",
    "Secret",
    "Series",
    "Service",
    "ServiceHours",
    "Settings",
    "Site",
    "Span",
    "State",
    "Targets",
    "TimeSpans",
    "Tls",
    "Uplink",
    "WebConfiguration",
    "Witness",
    "iso",
    "plain",
    "reach_seconds",
]
