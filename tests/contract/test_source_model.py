"""The model of the source, schemas/sources/ssd.yaml, checks itself: whoever edits it is told file and key."""

import pytest

from dfe_returns.errors import ContractError
from dfe_returns.files import data_folder
from dfe_returns.sources.model import read_model


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  ssd_person:\n    title: ", "  ssd_person:\n    titel: ", ["ssd_person", "'title'", "missing"]),
        ("      pers_upn: {type: text,", "      pers_upn: {", ["ssd_person.pers_upn", "'type'", "missing"]),
        ("      pers_upn: {type: text,", "      pers_upn: {type: txt,", ["ssd_person.pers_upn", "unknown type"]),
        ("      pers_upn: {type: text,", "      pers_dob: {type: text,", ["line", "'pers_dob'", "twice"]),
        ("starts: cine_referral_date", "starts: cine_date", ["ssd_cin_episodes", "cine_date"]),
        ("to: ssd_cp_plans", "to: ssd_plans", ["icpc_cp_plan_id", "ssd_plans"]),
        ("codes: immigration", "codes: visas", ["immi_immigration_status", "visas"]),
        ("code_sets:", "codesets:", ["'code_sets'", "missing"]),
    ],
)
def test_a_mistake_in_the_model_is_named_with_file_and_key(tmp_path, old, new, said):
    text = (data_folder("schemas") / "sources" / "ssd.yaml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "ssd.yaml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractError) as stopped:
        read_model(broken)
    for word in ["ssd.yaml", *said]:
        assert word in str(stopped.value)
