"""Synthetic case records of any size: life stories of fictional children, as a case system would export them."""

from dfe_returns.synthetic.facts import Stories
from dfe_returns.synthetic.layout_ssd import ssd_frames, write_ssd
from dfe_returns.synthetic.layout_vendor import vendor_frames, write_vendor
from dfe_returns.synthetic.make import FAULTS, synthesise
from dfe_returns.synthetic.schema import FACTS
from dfe_returns.synthetic.stories import stories

__all__ = [
    "FACTS",
    "FAULTS",
    "Stories",
    "ssd_frames",
    "stories",
    "synthesise",
    "vendor_frames",
    "write_ssd",
    "write_vendor",
]
