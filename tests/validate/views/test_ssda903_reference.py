"""Values worked out from postcodes, the provider register, and what a rule lacks without them."""

import pytest

from dfe_returns.contract.model import Rule
from dfe_returns.validate.views.ssda903.derived import in_one_scheme

POSTCODES = """
    postcode | la_code   | easting | northing
    AB1 2CD  | E06000015 | 400000  | 300000
    ab13cd   | 831       | 400000  | 316093
    AB1 4CD  | W06000015 | 400000  | 300000
    AB1 4CD  | 999       | 0       | 0
    AB1 5CD  |           |         |
"""
EPISODES = """
    CHILD | HOME_POST | PL_POST
    A     | AB12CD    | AB1 3CD
    A     | AB1 2CD   | AB1 4CD
    A     | AB1 2CD   | AB1 5CD
    A     | ZZ1 1ZZ   | ZZ1 1ZZ
    A     |           | AB1 2CD
    A     | AB1 2CD   |
"""


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("E10000007", "830"),
        (" e06000015 ", "831"),
        (831, "831"),
        (831.0, "831"),
        ("N09000003", "NIR"),
        ("S12000036", "SCO"),
        ("681", "WAL"),
        ("E07000032", "830"),
        ("E07000246", "933"),
        ("NUK", "NUK"),
        ("E99999999", "E99999999"),
        (None, ""),
    ],
)
def test_authorities_in_one_scheme(given, seen):
    assert in_one_scheme(given) == seen


def test_placement_authority_location_and_distance_from_the_directory(looked_after):
    c = looked_after(Episodes=EPISODES, postcodes=POSTCODES, authority="E06000015")
    assert list(c.placement_la.fillna("")) == ["831", "WAL", "", "", "831", ""]
    assert list(c.placement_location.fillna("")) == ["IN", "OUT", "", "", "IN", ""]
    assert list(c.placement_distance.fillna(-1)) == [10.0, 0.0, -1, -1, -1, -1]
    assert list(c.has_distance) == [True, True, False, False, False, False]
    assert list(c.in_directory("HOME_POST")) == [True, True, True, False, False, True]


def test_a_placement_in_a_district_lies_in_its_county(looked_after):
    c = looked_after(
        Episodes="""
        CHILD | PL_POST
        A     | AB1 2CD
        A     | AB1 3CD
    """,
        postcodes="""
        postcode | la_code
        AB1 2CD  | E07000032
        AB1 3CD  | E07000105
    """,
        authority="E10000007",
    )
    assert list(c.placement_la) == ["830", "886"]
    assert list(c.placement_location) == ["IN", "OUT"]


def test_derived_columns_that_the_caller_has_are_kept(looked_after):
    c = looked_after(
        Episodes="""
        CHILD | PL_POST | PL_LA     | PL_LOCATION | PL_DISTANCE
        A     | AB1 2CD | con       | in          | 999.9
        A     | AB1 2CD |           |             | far
        A     | AB1 2CD | E10000007 |             |
    """,
        postcodes=POSTCODES,
        authority="831",
    )
    assert list(c.placement_la.fillna("")) == ["CON", "", "830"]
    assert list(c.placement_location.fillna("")) == ["IN", "", ""]
    assert list(c.placement_distance.fillna(-1)) == [999.9, -1, -1]
    assert list(c.has_distance) == [True, True, False]


def test_last_year_has_its_own_derived_values(looked_after):
    rows = """
        CHILD | DECOM      | HOME_POST | PL_POST
        A     | 01/01/2025 | AB1 2CD   | AB1 3CD
    """
    c = looked_after(
        Episodes=rows.replace("AB1 3CD", "AB1 4CD"), Episodes_last=rows, postcodes=POSTCODES, authority="831"
    )
    assert [list(side) for side in c.pair("PL_LA")] == [["WAL"], ["831"]]
    assert [list(side) for side in c.pair("PL_DISTANCE")] == [[0.0], [10.0]]
    assert [list(side) for side in c.pair("PL_LOCATION")] == [["OUT"], ["IN"]]


REGISTER = """
    URN     | placement_codes | provider_codes | closed     | postcode | la_code
    1000001 | K1, K2/R3       | PR1            | 2025-06-30 | ab1 2cd  | E06000015
    1000001 |                 | PR4            | 30/09/2025 | AB1 3CD  | 830
    SC00002 | U1              |                |            |          |
    SC00002 | U2              |                | 01/01/2025 |          |
            | K9              |                |            |          |
"""


def test_provider_register(looked_after):
    c = looked_after(
        Episodes="""
        CHILD | URN     | PLACE | PLACE_PROVIDER | PL_POST
        A     | 1000001 | R3    | PR4            | AB13CD
        A     | 1000001 | K9    |                | AB1 9CD
        A     | sc00002 | U2    | PR1            | AB1 2CD
        A     | XXXXXXX | U1    | PR1            |
        A     | XXXXXX  | U1    | PR1            |
        A     |         | K9    |                |
    """,
        providers=REGISTER,
        authority="831",
    )
    e = c.Episodes
    assert list(c.real_urn) == [True, True, True, False, True, False]
    assert list(c.registered) == [True, True, True, False, False, False]
    assert list(c.register_match("placement_codes", e.PLACE)) == [True, False, True, False, False, False]
    assert list(c.register_match("provider_codes", e.PLACE_PROVIDER)) == [True, False, False, False, False, False]
    assert list(c.register_match("postcode", e.PL_POST)) == [True, False, False, False, False, False]
    own = e.URN.where(e.URN.isna(), c.authority_code)
    assert list(c.register_match("la_code", own)) == [True, True, False, False, False, False]
    assert list(c.register_has("la_code")) == [True, True, False, False, False, False]
    assert list(c.register_has("postcode")) == [True, True, False, False, False, False]
    ends = c.register_end.dt.strftime("%d/%m/%Y").fillna("")
    assert list(ends) == ["30/09/2025", "30/09/2025", "", "", "", ""]


def _rule(code="169", needs=(), tables=None, without=()):
    tables = tables or {"Episodes": ("LS", "PL_POST", "PL_LA")}
    return Rule(code, "", "", "error", tables, (), "", "", "", needs=needs, runs_without=without)


def test_postcodes_are_wanting_unless_the_derived_columns_are_supplied(looked_after):
    bare = looked_after(Episodes="CHILD | PL_POST")
    assert bare.wants(_rule(), "postcodes")
    assert not looked_after(Episodes="CHILD | PL_LA").wants(_rule(), "postcodes")
    assert not looked_after(Episodes="CHILD", postcodes=POSTCODES).wants(_rule(), "postcodes")
    directory_itself = _rule("392c", tables={"Episodes": ("HOME_POST", "PL_POST")})
    assert looked_after(Episodes="CHILD | PL_LA | PL_DISTANCE").wants(directory_itself, "postcodes")
    both_years = _rule("503H", tables={"Episodes": ("PL_LA",), "Episodes_last": ("PL_LA",)})
    assert looked_after(Episodes="CHILD | PL_LA", Episodes_last="CHILD").wants(both_years, "postcodes")
    assert not looked_after(Episodes="CHILD | PL_LA", Episodes_last="CHILD | PL_LA").wants(both_years, "postcodes")
    distance = _rule("454", tables={"Episodes": ("PL_DISTANCE",)})
    assert looked_after(Episodes="CHILD", postcodes="postcode | la_code").wants(distance, "postcodes")
    assert looked_after(Header="CHILD").wants(distance, "postcodes"), "no table holds the distance"


def test_a_directory_without_authorities_says_nothing_of_where_a_placement_lies(looked_after):
    no_codes = looked_after(Episodes="CHILD | PL_POST", postcodes="postcode | easting | northing", authority="831")
    assert no_codes.wants(_rule("243", needs=("postcodes",)), "postcodes")
    with_list = _rule("169", needs=("postcodes", "la_codes"))
    assert not no_codes.wants(with_list, "postcodes")
    assert no_codes.wants(with_list, "la_codes"), "told once, as the codes that are wanting"


def test_authority_codes_are_wanting_where_the_own_authority_is_not_known(looked_after):
    own = _rule("1015", tables={"Episodes": ("PL_LA", "PLACE")})
    assert looked_after(Episodes="CHILD", postcodes=POSTCODES).wants(own, "la_codes")
    assert not looked_after(Episodes="CHILD", postcodes=POSTCODES, authority="831").wants(own, "la_codes")
    assert not looked_after(Episodes="CHILD", postcodes=POSTCODES).wants(_rule(), "la_codes")
    no_codes = "postcode | easting | northing"
    assert looked_after(Episodes="CHILD", postcodes=no_codes, authority="831").wants(_rule(), "la_codes")
    location = _rule("179", tables={"Episodes": ("PL_LOCATION", "PL_POST")})
    assert looked_after(Episodes="CHILD", postcodes=POSTCODES).wants(location, "la_codes")
    assert not looked_after(Episodes="CHILD | PL_LOCATION").wants(location, "la_codes")


def test_last_year_is_wanting_unless_the_rule_can_do_without_each_of_its_tables(looked_after):
    needs = {"Header": ("CHILD",), "Header_last": ("CHILD",), "UASC_last": ("CHILD",)}
    c = looked_after(Header="CHILD")
    assert c.wants(_rule("202", tables=needs), "previous_year")
    assert not c.wants(_rule("164", tables=needs, without=("Header_last", "UASC_last")), "previous_year")
    assert c.wants(_rule("205D", tables=needs, without=("Header_last", "UASC_last")), "previous_year")
    with_last = looked_after(Header="CHILD", UASC_last="CHILD")
    assert not with_last.wants(_rule("205D", tables=needs, without=("Header_last", "UASC_last")), "previous_year")
    assert not with_last.wants(_rule("202", tables=needs), "previous_year")


def test_the_register_is_wanting_without_a_urn_column(looked_after):
    rule = _rule("1008")
    assert looked_after(Episodes="CHILD").wants(rule, "urn_register")
    assert looked_after(Episodes="CHILD", providers="postcode").wants(rule, "urn_register")
    assert not looked_after(Episodes="CHILD", providers=REGISTER).wants(rule, "urn_register")
    assert not looked_after(Episodes="CHILD").wants(rule, "collection_period")


def test_derived_values_point_at_their_postcodes_unless_supplied(looked_after):
    c = looked_after(Episodes="CHILD | PL_DISTANCE")
    assert c.pointing("Episodes", ("PL_LA", "LS", "PL_DISTANCE")) == ("PL_POST", "LS", "PL_DISTANCE")
    assert looked_after(Episodes="CHILD").pointing("Episodes", ("PL_DISTANCE",)) == ("HOME_POST", "PL_POST")
