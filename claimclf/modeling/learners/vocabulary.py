"""Vocabularies of the models of real speech, counted on the rows that train them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array, hstack

from claimclf.modeling.stored.speech import counted
from claimclf.modeling.stored.terms import BLOCKS, opening_terms
from claimclf.modeling.stored.tokens import tokens

#: A term is known from so many texts on.
_LEAST = {"words": 2, "pieces": 3, "shapes": 3}
_LEAST_OPENING = 5


@dataclass(frozen=True)
class Vocabulary:
    """The terms of the whole text, and what each counts.

    Parameters
    ----------
    terms : dict of str to list of str
        Block -> terms, in the order of columns.
    scale : ndarray, shape (n_terms,)
        Of all blocks one after another: the rarer, the larger.
    """

    terms: dict[str, list[str]]
    scale: np.ndarray

    def matrix(self, texts: Sequence[str]) -> csr_array:
        """Return what `SpeechFeatures.read` makes of the whole of texts."""
        tokens_of_texts = [tokens(text) for text in texts]
        blocks = [
            counted(map(BLOCKS[name], tokens_of_texts), _numbers(self.terms[name]))
            for name in BLOCKS
        ]
        length = np.array([max(1, len(of_text)) for of_text in tokens_of_texts])
        whole = diags_array(1 / np.sqrt(length)) @ hstack(blocks) @ diags_array(self.scale)
        return csr_array(whole)


def vocabulary(texts: Sequence[str]) -> Vocabulary:
    """Collect the terms of texts; each block counts about as much as any other."""
    tokens_of_texts = [tokens(text) for text in texts]
    length = np.array([max(1, len(of_text)) for of_text in tokens_of_texts])
    terms, scales = {}, []
    for name, of_tokens in BLOCKS.items():
        terms[name] = _frequent(map(of_tokens, tokens_of_texts), _LEAST[name])
        counts = counted(map(of_tokens, tokens_of_texts), _numbers(terms[name]))
        known = np.bincount(counts.indices, minlength=len(terms[name]))
        rarity = np.log((1 + len(texts)) / (1 + known)) + 1
        sizes = np.sqrt((counts.multiply(rarity[None, :]) ** 2).sum(axis=1) / length)
        scales.append(rarity / max(float(sizes.mean()), 1e-9))
    # Single precision is enough, and half of each number is zeros to store.
    scale = np.concatenate(scales).astype(np.float32).astype(np.float64)
    return Vocabulary(terms, scale)


def further_terms(known: dict[str, list[str]], texts: Sequence[str]) -> dict[str, list[str]]:
    """Collect the terms of texts that are not known yet, by block."""
    tokens_of_texts = [tokens(text) for text in texts]
    further = {}
    for name, of_tokens in BLOCKS.items():
        own = set(known[name])
        frequent = _frequent(map(of_tokens, tokens_of_texts), _LEAST[name])
        further[name] = [term for term in frequent if term not in own]
    return further


def openings(texts: Sequence[str]) -> list[str]:
    """Collect the terms of the openings of texts."""
    return _frequent((opening_terms(tokens(text)) for text in texts), _LEAST_OPENING)


def opening_matrix(texts: Sequence[str], terms: Sequence[str]) -> csr_array:
    """Count the terms of openings."""
    return counted((opening_terms(tokens(text)) for text in texts), _numbers(terms))


def _frequent(terms: Iterable[Sequence[str]], least: int) -> list[str]:
    texts_with = Counter(term for of_text in terms for term in set(of_text))
    return sorted(term for term, n in texts_with.items() if n >= least)


def _numbers(terms: Sequence[str]) -> dict[str, int]:
    return {term: number for number, term in enumerate(terms)}
