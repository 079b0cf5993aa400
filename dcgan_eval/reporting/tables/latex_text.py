"""Plain text as LaTeX sets it: nothing in it is a command, and all of it is ASCII."""

from __future__ import annotations

import re
import unicodedata

from dcgan_eval.core import printable

# Signs that LaTeX sets as mathematics; capital letters that look Latin are those.
_MATHEMATICS = r"""
    α \alpha β \beta γ \gamma δ \delta ε \varepsilon ζ \zeta η \eta θ \theta ι \iota κ \kappa
    λ \lambda μ \mu ν \nu ξ \xi ο o π \pi ρ \rho σ \sigma ς \varsigma τ \tau υ \upsilon φ \varphi
    χ \chi ψ \psi ω \omega ϵ \epsilon ϑ \vartheta ϖ \varpi ϱ \varrho ϕ \phi Γ \Gamma Δ \Delta
    Θ \Theta Λ \Lambda Ξ \Xi Π \Pi Σ \Sigma Υ \Upsilon Φ \Phi Ψ \Psi Ω \Omega
    × \times ÷ \div ± \pm ∓ \mp · \cdot ∗ \ast − - ≥ \geq ≤ \leq ≠ \neq ≈ \approx ≡ \equiv ∼ \sim
    ≪ \ll ≫ \gg ∝ \propto ∞ \infty ∈ \in ∉ \notin ∑ \sum ∏ \prod √ \surd ∂ \partial ∇ \nabla
    ∫ \int ∀ \forall ∃ \exists ∩ \cap ∪ \cup ⊂ \subset ⊆ \subseteq ∧ \wedge ∨ \vee ¬ \neg ℓ \ell
    → \to ← \leftarrow ↔ \leftrightarrow ⇒ \Rightarrow ⇐ \Leftarrow ⇔ \Leftrightarrow ↑ \uparrow
    ↓ \downarrow ↦ \mapsto † \dagger ‡ \ddagger ° ^\circ µ \mu ′ ^\prime ″ ^{\prime\prime}
    ₀ _0 ₁ _1 ₂ _2 ₃ _3 ₄ _4 ₅ _5 ₆ _6 ₇ _7 ₈ _8 ₉ _9
    ⁰ ^0 ¹ ^1 ² ^2 ³ ^3 ⁴ ^4 ⁵ ^5 ⁶ ^6 ⁷ ^7 ⁸ ^8 ⁹ ^9
    Α A Β B Ε E Ζ Z Η H Ι I Κ K Μ M Ν N Ο O Ρ P Τ T Χ X
"""
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # \textquotedbl and \textasciigrave are not in the default font encoding, these are.
    '"': r"{\char34}",
    "`": r"{\char96}",
    # Behind the end of a row these would be its options.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "‐": "-",
    "‑": r"\mbox{-}",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "‘": "`",
    "’": "'",
    "‚": r"\quotesinglbase{}",
    "“": "``",
    "”": "''",
    "„": r"\quotedblbase{}",
    "«": r"\guillemotleft{}",
    "»": r"\guillemotright{}",
    "•": r"\textbullet{}",
    "§": r"\S{}",
    "©": r"\copyright{}",
    "¡": "!`",
    "¿": "?`",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
    "đ": r"\dj{}",
    "Đ": r"\DJ{}",
    "ð": r"\dh{}",
    "Ð": r"\DH{}",
    "þ": r"\th{}",
    "Þ": r"\TH{}",
    **{sign: f"${command}$" for sign, command in re.findall(r"(\S+) (\S+)", _MATHEMATICS)},
}
# A word of so many characters may be broken behind these.
_LONG, _BREAKS = re.compile(r"\S{12,}"), re.compile(r"([_/@]|\.(?=[A-Za-z]))(?=\w)")
_MARKS = {"\0": "{}", "\1": r"\allowbreak{}"}
# Combining marks by their commands.
_ACCENTS = dict(
    zip(
        "\u0300\u0301\u0302\u0303\u0308\u0304\u0307\u0306\u030c\u030b\u030a\u0327\u0328\u0323\u0331",
        "`'^~\"=.uvHrckdb",
        strict=True,
    )
)
_BELOW = "ckdb"
# What only the font encoding T1 has.
_T1 = re.compile(r"\\(?:k\{|(?:dj|DJ|dh|DH|th|TH|quot\w+base|guillemot\w+)\{\})")


def escape(text: str) -> str:
    """Text that LaTeX shows as it is; a character that it has no sign for as its code point."""
    line = unicodedata.normalize("NFC", printable(text))
    # Two of a kind would become one sign: -- a dash, '' a quote.
    line = re.sub(r"([-',])(?=\1)", "\\1\0", line)
    line = _LONG.sub(lambda word: _BREAKS.sub("\\1\1", word[0]), line)
    latex = "".join(_MARKS.get(c) or _character(c) for c in line)
    return latex.replace(r" \%", r"~\%")


def needs_t1(latex: str) -> bool:
    r"""Whether anything in it needs ``\usepackage[T1]{fontenc}``."""
    return _T1.search(latex) is not None


def _character(c: str) -> str:
    """One character."""
    if c in _SPECIAL:
        return _SPECIAL[c]
    if " " <= c <= "~":
        return c
    return _accented(c) or f"{{[}}U+{ord(c):04X}{{]}}"


def _accented(c: str) -> str:
    """A letter with accents on it; nothing where it is none, or LaTeX has none like it."""
    parts = unicodedata.normalize("NFD", c)
    letter, marks = parts[0], parts[1:]
    if not (letter.isascii() and letter.isalpha() and marks and all(m in _ACCENTS for m in marks)):
        return ""
    above = any(_ACCENTS[mark] not in _BELOW for mark in marks)
    found = rf"\{letter}" if letter in "ij" and above else letter
    for mark in marks:
        found = rf"\{_ACCENTS[mark]}{{{found}}}"
    return found
