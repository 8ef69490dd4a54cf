"""Where labelled texts of real people come from, and under which licence: known files by hash."""

from __future__ import annotations

#: sha256 of a file -> its source and licence.
KNOWN = {
    "65fc51a10242720c6bda516030cb96f5b6c0a321c4d1be2c43c0fa368c0b7c4a": (
        "sentences of US presidential debates from ClaimBuster (Arslan et al., ICWSM 2020; "
        "Zenodo 3609356 and 3836810), CC BY 4.0, the earlier debates; a claim is one that is "
        "worth checking"
    ),
    "b776d90f926469ee7cfbfadf710c545dba11f4f325892e62258ac1c29d8fa776": (
        "posts from SciTweets (Hafid et al., CIKM 2022), CC BY 4.0, names and links taken out; "
        "a claim is a scientific one"
    ),
}


def origin(sha256: str) -> str:
    """Say where a file comes from, as far as it is known."""
    return KNOWN.get(sha256, "source and licence: as whoever trained the model knows")
