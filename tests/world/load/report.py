"""What a load run says about the server: times in seconds since the run began (`started` is the wall clock's)."""
from collections import Counter
from dataclasses import dataclass


@dataclass
class Request:
    kind: str
    due: float  # when it was meant to be sent
    latency: float = 0.0  # from then to its answer, or to its failure
    failure: str = ""


def windows(requests):
    """[(from, to)]: from the first request that failed to the next one, in the order of sending, that did not."""
    found, since = [], None
    for request in sorted(requests, key=lambda request: request.due):
        if request.failure and since is None:
            since = request.due
        elif not request.failure and since is not None:
            found.append((since, request.due))
            since = None
    if since is not None:
        last = max(requests, key=lambda request: request.due)
        found.append((since, max(last.due, since)))
    return found


def union(intervals):
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def length(intervals):
    return round(sum(end - start for start, end in intervals), 3)


def percentile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def milliseconds(requests):
    values = sorted(request.latency * 1000 for request in requests if not request.failure)
    if not values:
        return {}
    return {
        name: round(percentile(values, share), 2)
        for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1.0))
    }


def report(requests, acknowledged, versions, started, seconds):
    """`down`: while any kind of request failed; `down_s` adds it up, `longest_gap_s` is the longest of them."""
    kinds = {kind: [r for r in requests if r.kind == kind] for kind in sorted({r.kind for r in requests})}
    down_by_kind = {kind: windows(of_kind) for kind, of_kind in kinds.items()}
    down = union(window for found in down_by_kind.values() for window in found)
    failures = sorted((r for r in requests if r.failure), key=lambda r: r.due)
    return {
        "started": started,
        "seconds": round(seconds, 3),
        "sent": len(requests),
        "failed": len(failures),
        "down_s": length(down),
        "longest_gap_s": round(max((end - start for start, end in down), default=0.0), 3),
        "down": [[round(start, 3), round(end, 3)] for start, end in down],
        "kinds": {
            kind: {
                "sent": len(of_kind),
                "failed": sum(1 for r in of_kind if r.failure),
                "down_s": length(down_by_kind[kind]),
                "latency_ms": milliseconds(of_kind),
            }
            for kind, of_kind in kinds.items()
        },
        "reasons": dict(Counter(r.failure for r in failures).most_common()),
        # The versions that the health named, each with the moment it did first.
        "versions": versions,
        "acknowledged": acknowledged,
        "failures": [[round(r.due, 3), r.kind, r.failure] for r in failures],
    }
