"""A second characteristic that changes from pair to pair, the same for both arms: what makes a design two by two."""

from collections.abc import Mapping
from enum import StrEnum


class Factor(StrEnum):
    """What changes: the gender of both applicants, or how ample the income of both is."""

    GENDER = "gender"
    INCOME = "income"


class FactorLevel(StrEnum):
    """One of the two values of a factor."""

    FEMALE = "female"
    MALE = "male"
    AMPLE = "ample"
    TIGHT = "tight"


LEVELS: Mapping[Factor, tuple[FactorLevel, FactorLevel]] = {
    Factor.GENDER: (FactorLevel.FEMALE, FactorLevel.MALE),
    Factor.INCOME: (FactorLevel.AMPLE, FactorLevel.TIGHT),
}
