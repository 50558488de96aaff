"""The fixed sentences of a report: page and paper say the same, so each stands here once."""

from results.disclosure import BAND_LEAST_BROKERS, CELL_LEAST_ADVERTISERS, CELL_LEAST_PAIRS
from results.statistics.strata import SCALES

TREATMENTS = (
    "Op elke advertentie schreven alle profielen. De andere cijfers in dit rapport gaan over het eerste testprofiel."
)
LEVELS = (
    "Het tweede kenmerk wisselt van test tot test en is voor beide profielen gelijk. Overlappen de strepen, dan "
    "kan het verschil tussen de regels toeval zijn."
)
STRIP = "Verschil in uitnodigingen, in procentpunt. Rechts van nul: nadeel voor het testprofiel."
BAND = (
    "Andere makelaars zijn niet herkenbaar. Ook zonder verschil in behandeling lopen deze cijfers door toeval uiteen."
)
ONE_SIDED = "Een test met precies één uitnodiging noemen wij eenzijdig. Zo'n test is een signaal, geen bevinding."
FOR_YOU_ALONE = (
    "Dit rapport is alleen voor u. De gemeente krijgt geen cijfers per woningaanbieder. De onderzoekers zien uw "
    "cijfers wel; zij geven die niet door."
)
NOBODY_NAMED = "Wij noemen geen medewerkers en laten niet zien welke reactie van ons was."
SERVICE_HIDDEN = (
    "Dit tonen wij pas bij {least} of meer geslaagde tests. Anders zou te zien zijn welke reactie van ons was."
)
NOTHING_ASKED = "U stelde geen van beide kandidaten vragen of voorwaarden."
NO_REASONS = "U wees in deze tests niemand met een bericht af."
SERVICE_SMALL = "Dit zijn kleine aantallen. Een verschil hierin kan toeval zijn."
DISTRICTS = (
    "De streep is de onzekerheidsmarge. Raakt de streep de nullijn, dan kan het verschil toeval zijn. Vergelijk "
    "wijken daarom niet op het getal alleen."
)
UNPAIRED_WIDER = (
    "In de zin bovenaan staat het breedste van twee intervallen: dat van Newcombe, of het interval dat rekening "
    "houdt met meer brieven aan één woningaanbieder."
)
ADVERTISERS = (
    "Alleen voor de onderzoeker. Eén test is een signaal, geen bevinding. Onder de zes eenzijdige tests is er "
    "geen uitspraak."
)
ADVERTISERS_P = "p-waarde: exact, eenzijdig, gecorrigeerd voor het aantal woningaanbieders (Benjamini-Hochberg)."
ANSWERS = (
    "Stuart-Maxwell en Bhapkar vragen of beide profielen elke klasse even vaak kregen; Bowker of elke "
    "verschuiving even vaak voorkomt als haar omgekeerde. De gemiddelde score geeft de klassen de waarden 0, 1, "
    "2 enzovoort en kijkt dus naar de volgorde. Extra eisen zijn labels als een formulier, bewijsstukken, een "
    "vraag naar inkomen of een garantsteller; zij staan er alleen als een antwoord er een bevatte. Deze toetsen "
    "houden geen rekening met meer tests bij één woningaanbieder."
)
NOTHING_DROPPED = "Geen enkele reactie viel uit."
DROPPED = (
    "Elk profiel schreef even vaak. Viel een reactie uit, dan had dat zonder invloed van het profiel even goed "
    "de andere kunnen zijn: een eerlijke munt, exact getoetst. Een reactie die alleen verviel omdat haar "
    "wederhelft uitviel, telt hier niet. De correctie telt ook de redenen die niet voorkwamen."
)
DETECTED = (
    "Zo'n test telt niet mee. Het interval is dat van Wilson. Wie een test herkent zonder dat te zeggen, staat "
    "er niet in: het aandeel is dus een ondergrens."
)
FACTORS = (
    "Brieven, volgorde en tijden zijn geloot, los van het profiel. Hangt het nettoverschil er toch van af, dan "
    "rust de uitkomst op keuzes van de onderzoeker. Getoetst is of het gemiddelde verschil per test bij elke "
    "waarde gelijk is (chi-kwadraat, zonder correctie voor meer tests bij één woningaanbieder). De tussentijd is "
    "in drie even grote groepen verdeeld."
)
BOUNDS = (
    "De methode van Kline en Walters (2021): van alle verdelingen van kansen die bij de antwoorden passen, is "
    "die genomen met de minste woningaanbieders die verschil maken. Zij gebruikt van elke woningaanbieder "
    "evenveel tests."
)
CHOICES = (
    "De onderzoeksopzet legt één analyse vast. Deze tabel laat zien of een andere redelijke keuze tot een andere "
    "conclusie leidt. De twee uitersten zijn grenzen: wat de uitgesloten tests ook hadden opgeleverd, het "
    "verschil ligt ertussen. Interval van Tango en McNemar mid-p, zonder clustering per woningaanbieder."
)
DISTRICTS_ALL = (
    "De streep is de onzekerheidsmarge. Raakt de streep de nullijn, dan kan het verschil toeval zijn. In deze "
    "grafiek is niet gecorrigeerd voor het aantal wijken."
)
SPLITS = (
    "Opgegeven delen staan in de onderzoeksopzet; hun p-waarden (McNemar, mid-p) zijn gecorrigeerd met Holm: de "
    "kans op één onterechte uitkomst blijft klein. Naar verkennende delen is pas achteraf gekeken; "
    "Benjamini-Hochberg houdt bij hen het aandeel onterechte uitkomsten klein. Een verkennende uitkomst is een "
    "vraag voor een volgende ronde, geen bevinding. "
    f"{SCALES[0].upper()}{SCALES[1:]}."
)
ESTIMATES = (
    "Dezelfde tellingen geven per noemer een ander getal. Vergelijk nooit getallen met een verschillende noemer."
)
WIDER = (
    "In de zin bovenaan staat het breedste van de twee intervallen voor alle geslaagde tests: Tango of "
    "geclusterd per woningaanbieder."
)
NO_ESTIMATES = "Er zijn nog geen geslaagde tests, dus er is niets te schatten."
TESTS = (
    "Mid-p is de standaard. De vier toetsen van McNemar houden geen rekening met meer tests bij één "
    "woningaanbieder; de geclusterde toets en de wisseltoets per woningaanbieder doen dat wel."
)
EVIDENCE = (
    "Een eenzijdige test is er een waarin precies één profiel een uitnodiging kreeg. De p-waarde zegt hoe vaak "
    "een eerlijke munt minstens zo vaak op nadeel valt. De q-waarde (Storey) schat welk deel van de "
    "woningaanbieders met zo'n p-waarde of lager geen verschil maakt. Het bijgestelde aandeel trekt een kantoor "
    "met weinig tests naar de anderen toe. De groepen (Kline, Rose en Walters 2024) lopen van 1, het meeste "
    "nadeel, naar boven; onder de zes eenzijdige tests is er geen groep en geen uitspraak."
)
NOISE = (
    "In een schijntest tonen beide profielen hetzelfde, dus kan geen van beide voorrang krijgen. De helft van "
    "hun verschillen is wat toeval aan het brutoverschil geeft. Het nettoverschil van schijntests hoort rond nul "
    "te liggen; ligt nul buiten de marge, dan klopt er iets niet in de uitvoering. Marges van verschillen zijn "
    "gemaakt uit twee intervallen van Wilson (MOVER)."
)
ORDER = (
    "De toets van Gart vergelijkt de tests met een verschil in beide volgordes. Zo komt het voordeel van de "
    "eerste reactie los te staan van het verschil tussen de profielen. Ligt de odds ratio van de volgorde dicht "
    "bij 1, dan heeft de volgorde de uitkomst niet gestuurd."
)
NO_TIMES = "Geen enkele test heeft antwoordtijden die te gebruiken zijn."
TIMES = (
    "De tijd loopt van verzenden tot het eerste antwoord van een mens. Wie binnen de antwoordtermijn niets "
    "hoorde, telt als wachtend tot het eind ervan (Kaplan-Meier). De verhouding komt uit het model van Cox met "
    "elke test als eigen laag: onder de 1 betekent dat het testprofiel later antwoord krijgt. Zij gebruikt "
    "alleen tests waarin één van beide eerder antwoord kreeg."
)
NET = "Nettoverschil in uitnodigingen; rechts van nul: nadeel voor het testprofiel"
SUPPRESSED = (
    "x: dit cijfer tonen wij niet, omdat een woningaanbieder anders te herkennen is. "
    f"Wij tonen een wijk vanaf {CELL_LEAST_PAIRS} tests bij {CELL_LEAST_ADVERTISERS} woningaanbieders, "
    "als geen van hen meer dan de helft van de tests kreeg."
)
NOT_RELEASED = (
    "Dit is de stand van nu, niet de vrijgegeven terugkoppeling. Die draagt een zegel en verandert niet meer."
)
NO_BAND = (
    "Wij tonen geen vergelijking met anderen. Dat doen wij alleen voor makelaars, en alleen bij "
    f"{BAND_LEAST_BROKERS} of meer makelaars."
)
DISPUTE = (
    "U mag uw uitleg geven, vragen stellen en een cijfer betwisten. U kunt ook uw deelname stoppen. Neem contact op "
    "met de onderzoekers van {study} (opdrachtgever: {commissioner}) en noem de ronde {round}."
)
STEPS = (
    ("Vaste volgorde.", "Nodig uit op volgorde van binnenkomst en leg die vast."),
    ("Zelfde vragen.", "Stel iedere kandidaat dezelfde vragen, met een sjabloon."),
    ("Antwoord altijd.", "Ook een afwijzing, binnen drie werkdagen, met de reden."),
)
WHAT_IT_SAYS = (
    "Het gaat om de eerste reactie op een aanvraag, niet om wie de woning kreeg.",
    "De uitkomst geldt voor alle geteste advertenties samen, niet voor één woningaanbieder.",
    "Eén test met een verschil is een signaal, geen bevinding. Verschil ontstaat ook door toeval.",
    "Een verschil in uitkomst zegt niet waardoor het komt. Of er sprake is van discriminatie, beoordeelt alleen "
    "een rechter, het College voor de Rechten van de Mens of een bevoegde instantie.",
    "‘Geen aantoonbaar verschil’ betekent niet: zeker geen verschil. Het betekent dat deze ronde er geen kon aantonen.",
)

NONE_EXCLUDED = "Er zijn geen tests uitgesloten."
FEW_EXCLUDED = "Er zijn te weinig tests uitgesloten om aantallen te noemen."
