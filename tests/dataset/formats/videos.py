"""The twenty videos that the reference exports tell of, as their README names them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Video:
    """Exact values; `None` for what is missing."""

    id: str
    posted: str
    seconds: float | None
    views: int
    likes: int
    shares: int | None
    comments: int | None
    saves: int
    reports: int


#: Seconds, views, likes, shares, comments, saves, reports.
_TABLE = """
octopus|7368782908649595235|2024-05-14 09:21:10|34|48212|5133|412|288|903|5
crust|7657257599899843784|2026-06-30 18:30:18|15|8431|702|12|391|20|2
drones|7195824675567218377|2023-02-03 07:14:55|58|2341870|214930|18322|9876|41007|17
bridge|7487288980773363923|2025-03-29 17:45:15|41|77120|6204|2981|455|610|6
coffee|7565321463084972754|2025-10-26 00:31:08|22|3388|247|3|99|12|3
moon|7409505542056524178|2024-09-01 03:05:47|29|152430|20114|1877|640|3024|4
water|7517013252208048482|2025-06-17 20:10:36|37|31020|1940|806|312|455|11
fleamarket|7695445845984320199|2026-10-11 16:20:12|-|12044|1310|44|71|205|1
saltlamp|7609302755349327558|2026-02-21 13:01:01|27|5020|311|-|140|77|8
silent|7690721557227821383|2026-09-28 22:47:33|59|640030|88910|3400|1021|12304|0
lake|7670503555103717231|2026-08-05 11:11:22|46|97810|7420|5615|1204|1530|9
nocaption|7698161603216975928|2026-10-18 23:58:44|12|412|37|0|5|1|1
formula|7590160692012634444|2025-12-31 23:00:02|19|9999|845|31|210|64|1
ferry|7702522900388811797|2026-10-30 18:02:47|8|0|0|0|0|0|2
lecture|7303079937506724410|2023-11-22 10:27:13|600|1020400|91030|10012|4120|25340|4
tortilla|7452063786283930997|2024-12-24 19:33:30|24|28040|3006|95|2870|140|0
ticket|7590643882495483236|2026-01-02 06:15:03|33|10040|512|390|703|58|3
bees_a|7630813128436804359|2026-04-20 12:12:15|21|6230|610|77|41|130|2
bees_b|7631981226595780818|2026-04-23 15:45:04|26|15530|1444|120|88|240|3
meeting|7536123564715293692|2025-08-08 08:08:23|17|1204|98|6|22|4|0
"""
#: Name -> video. A photo post has no length.
VIDEOS = {
    name.strip(): Video(
        *(cell.strip() for cell in (video, posted)),
        *(None if cell.strip() == "-" else int(cell) for cell in numbers),
    )
    for name, video, posted, *numbers in (line.split("|") for line in _TABLE.splitlines() if line)
}
NO_SPEECH = {"fleamarket", "silent"}


def rounded(value: float | None) -> float | None:
    """Round a count as TikTok's web pages do."""
    if value is None or value < 10_000:
        return value
    step = 100_000 if value >= 1_000_000 else 100
    return value // step * step
