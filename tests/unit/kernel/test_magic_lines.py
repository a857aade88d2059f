"""The help of the magics, which is written by hand, and what reads their lines."""

import re
from inspect import getdoc

import pytest
from IPython.core.error import UsageError

from jupyter_auth.kernel.magic_lines import PARSERS, parsed
from jupyter_auth.kernel.magics import AuthMagics

OPTION = re.compile(r"--[a-z-]+")


@pytest.mark.parametrize("magic", sorted(PARSERS))
def test_the_help_names_every_option_and_no_other(magic: str) -> None:
    told = getdoc(getattr(AuthMagics, magic)) or ""
    explained = re.findall(rf"^{OPTION.pattern}", told, re.MULTILINE)
    assert sorted(explained) == sorted(OPTION.findall(PARSERS[magic]().format_usage()))


@pytest.mark.parametrize("magic", sorted(PARSERS))
@pytest.mark.parametrize("asked", ["--help", "-h", "lake -h"])
def test_who_asks_for_help_gets_it(magic: str, asked: str) -> None:
    with pytest.raises(UsageError) as told:
        parsed(magic, asked)
    assert str(told.value) == getdoc(getattr(AuthMagics, magic))
    assert str(told.value).startswith(f"%{magic} [OPTIONS] ")
