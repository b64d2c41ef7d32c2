"""Social worker episodes in order."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from dfe_returns.validate.data import take
from dfe_returns.validate.views.ssda903.episodes import EpisodeViews, Positions, edge_of_group, in_order, neighbour


class SocialWorkerViews(EpisodeViews):
    """The child's SWEpisodes rows by SW_DECOM, SW_DEC (unusable last) and file position."""

    @cached_property
    def _worker_codes(self) -> Positions:
        return self.codes("SWEpisodes", ("CHILD",))

    @cached_property
    def _workers_ordered(self) -> Positions:
        return in_order(self._worker_codes, self.SWEpisodes.SW_DECOM, self.SWEpisodes.SW_DEC)

    @cached_property
    def _worker_sequence(self) -> Positions:
        dated = self.SWEpisodes.SW_DECOM.notna().to_numpy()
        return self._workers_ordered[dated[self._workers_ordered]]

    @property
    def sw_sequence(self) -> pd.Index:
        """SWEpisodes positions in order; rows with a blank CHILD or an unusable SW_DECOM are left out."""
        return pd.Index(self._worker_sequence)

    @cached_property
    def sw_previous_row(self) -> pd.Series:
        """For each row the position of the child's social worker episode before it; -1 = none."""
        return neighbour(self._worker_sequence, self._worker_codes, -1)

    @cached_property
    def sw_next_row(self) -> pd.Series:
        """For each row the position of the child's social worker episode after it; -1 = none."""
        return neighbour(self._worker_sequence, self._worker_codes, 1)

    def sw_previous(self, field: str) -> pd.Series:
        """The value of the social worker episode before, missing where there is none."""
        return take(self.SWEpisodes[field], self.sw_previous_row)

    def sw_next(self, field: str) -> pd.Series:
        """The value of the social worker episode after, missing where there is none."""
        return take(self.SWEpisodes[field], self.sw_next_row)

    @cached_property
    def sw_first_by_child(self) -> Positions:
        """Child number -> position of the first row of the sequence; -1 = none."""
        return edge_of_group(self._worker_sequence, self._worker_codes, self._groups, last=False)

    @cached_property
    def sw_latest_by_child(self) -> Positions:
        """Child number -> position of the last row of the sequence, undated the last in the file; -1 = none."""
        dated = edge_of_group(self._worker_sequence, self._worker_codes, self._groups, last=True)
        in_file = in_order(self._worker_codes)
        return np.where(dated >= 0, dated, edge_of_group(in_file, self._worker_codes, self._groups, last=True))

    @cached_property
    def sw_is_latest(self) -> pd.Series:
        """SWEpisodes rows that are their child's last."""
        chosen = np.zeros(self.rows("SWEpisodes"), dtype=bool)
        rows = self.sw_latest_by_child
        chosen[rows[rows >= 0]] = True
        return pd.Series(chosen, index=pd.RangeIndex(len(chosen)))
