"""Whole replies as they come in, with thanks, conditions and small talk around the sentence that matters.

They were written in two batches and then used to better the rules; at first sight the rules had labelled 27 and 20 of
each 50 correctly, and had been sure of a wrong outcome 3 and 4 times.
"""

from collections.abc import Iterator

from results.outcomes import labels, needs_person, propose

TUNED = """
== UITNODIGING
Beste █████,

Dank voor je reactie op onze advertentie. Ik heb de agenda erbij gepakt en zou je graag maandag 14
september om 17.15 uur willen ontvangen bij de woning. Mocht dat niet lukken, laat het dan weten.

Met vriendelijke groet,
[medewerker]
Verhuurmakelaar

== UITNODIGING
Hallo █████,

Ja, hij is nog vrij. Morgen rond 18:00 kan ik, kom je dan even kijken?

Gr. [medewerker]

== UITNODIGING
Goedemiddag,

Hartelijk dank voor uw belangstelling in de Langestraat 12. Hierbij bevestig ik de afspraak voor de
bezichtiging: woensdag 16-9 om 14.00 uur. Wilt u zich vooraf legitimeren bij de deur? Dat is niet
nodig hoor, grapje. Tot dan!

== UITNODIGING
Dag,

U mag donderdag langskomen tussen 3 en 4. Neem een legitimatiebewijs mee.

Groet

== UITNODIGING
Beste,

De bezichtiging kan plaatsvinden op vrijdag 18 september 2026, 11.30 uur. Kunt u bevestigen dat u
erbij bent?

== UITNODIGING
Geachte █████, naar aanleiding van uw bericht nodigen wij u graag uit om de woning te komen
bezichtigen.

== UITNODIGING_KEUZE
Beste █████,

Fijn dat u geïnteresseerd bent. Ik heb nog plek op dinsdag 10.00, dinsdag 11.30 of donderdag 16.00.
Welk moment heeft uw voorkeur?

Met vriendelijke groet

== UITNODIGING_KEUZE
Hoi, ja nog beschikbaar! Wanneer kun je kijken? Ik ben doordeweeks vanaf 5 uur thuis.

== OPEN_HUIS
Beste woningzoeker,

Wij organiseren op zaterdag 19 september van 10 tot 12 uur een kijkochtend. U bent van harte welkom,
aanmelden hoeft niet.

== BELVERZOEK
Goedemorgen,

Wilt u mij even bellen op [telefoonnummer]? Dan bespreken we het.

Groeten

== BELVERZOEK
Bel me maar even.

== TERUGBELLEN_DOOR_KANTOOR
Dank voor uw mail. Ik geef het door aan mijn collega van de verhuur, die belt u hier vandaag over.

== INSCHRIJVEN_VEREIST
Beste,

Leuk dat u interesse heeft! Om in aanmerking te komen voor een bezichtiging vragen wij u om een
gratis account aan te maken op onze website. Daarna nemen wij uw aanvraag in behandeling.

== FORMULIER_TOEGESTUURD
Geachte heer/mevrouw,

Wij ontvangen graag eerst het ingevulde kandidatenformulier retour. U vindt het bij deze mail.
Daarna beoordelen we of we u kunnen uitnodigen voor een bezichtiging.

== DOCUMENTEN_VOORAF
Beste █████,

Dank je wel. Zou je me alvast je laatste drie loonstroken en een kopie van je contract willen
mailen? Dan leg ik het voor aan de eigenaar en plannen we daarna een bezichtiging.

== NEUTRALE_VRAGEN
Hallo, de woning is nog vrij. Ga je er alleen wonen? En per wanneer zou je erin willen? Groetjes

== INKOMENSVRAAG
Beste,

Om te beoordelen of u in aanmerking komt hoor ik graag wat uw gezamenlijke bruto jaarinkomen is.

Mvg

== GARANTSTELLING_OF_EXTRA_BORG
Beste, u kunt komen kijken op maandag om 10.00 uur. Wel vragen wij in dit geval twee maanden extra
borg.

== PERSOONLIJKE_VRAAG
Hallo, leuk! Even uit nieuwsgierigheid, waar komt jouw naam vandaan? Donderdag om 19 uur kan ik de
woning laten zien.

== WACHTLIJST
Beste █████,

Erg bedankt. Er zijn op dit moment meer dan genoeg kandidaten, maar ik zet je op de lijst voor als
er iemand afhaakt.

Groet

== BEZICHTIGINGEN_VOL
Goedendag,

Dank voor uw bericht. Wij hebben voor deze woning inmiddels het maximum aantal kandidaten
uitgenodigd. Als er iemand uitvalt nemen we contact met u op.

== IN_OPTIE
Beste,

Momenteel zijn wij in gesprek met een andere kandidaat over deze woning. Mocht dit niet doorgaan,
dan nodigen wij u graag uit voor een bezichtiging.

== AL_VERHUURD
Geachte █████,

Hartelijk dank voor uw interesse. De woning is helaas al verhuurd. Wij wensen u veel succes met uw
zoektocht. Schrijf u in voor onze nieuwsbrief om op de hoogte te blijven van nieuw aanbod.

== AL_VERHUURD
Sorry, net verhuurd!

== AL_VERHUURD
Beste, ik heb hem gisteren aan iemand anders verhuurd. Succes met zoeken.

== AFWIJZING_INKOMEN
Geachte heer/mevrouw,

Voor deze woning geldt een minimaal bruto maandinkomen van 4 x de huur. Op basis van uw gegevens
voldoet u hier helaas niet aan.

== AFWIJZING_CRITERIUM_ADVERTENTIE
Beste,

Dank voor de reactie. Zoals u in de advertentie kunt lezen zoeken wij een stel of een gezin, het
huis is te groot voor een persoon. Daarom nodigen we u niet uit.

== AFWIJZING_ZONDER_REDEN
Geachte █████,

Wij danken u voor uw interesse. Na zorgvuldige overweging moeten wij u meedelen dat wij uw aanvraag
niet verder in behandeling nemen.

Met vriendelijke groet

== AFWIJZING_ZONDER_REDEN
Beste, bedankt voor je bericht. We kiezen voor iemand anders. Succes!

== AFWIJZING_ZONDER_REDEN
Hi, thanks for your interest but we will not be inviting you this time.

== AFWIJZING_ZONDER_REDEN
Helaas, dat gaat hem niet worden.

== AFWIJZING_MET_REDEN
Beste,

Wij hebben ruim 150 aanmeldingen ontvangen. De eerste vijftien zijn uitgenodigd en daar zat u helaas
niet bij.

== AFWIJZING_GROND
Hallo, mijn vrouw en ik verhuren het liefst aan Nederlandse mensen, dus helaas.

== AFWIJZING_VERHULD
Beste █████, de eigenaar denkt dat het geen goede combinatie is met de overige bewoners. Vandaar dat
we verder zoeken.

== ALTERNATIEF_AANBOD
Beste, deze is al weg, maar aan de Arnhemseweg komt over twee weken een appartement vrij. Is dat wat
voor u?

== DOORVERWIJZING
Hallo, u heeft de verkeerde voor u. De verhuur doet Eem Wonen, u kunt hen mailen op
info@eemwonen.example.

== AUTOMATISCHE_ONTVANGST
Beste klant,

Uw bericht is bij ons binnengekomen onder nummer 20931. Wij streven ernaar u binnen 2 werkdagen te
antwoorden. Heeft u een vraag over een bezichtiging? Bel ons gerust.

Team Verhuur

== ECHTHEIDSVRAAG
Hoi, sorry dat ik het vraag maar ik krijg zo veel rare berichten. Ben je wel een echt mens?

== OVERIG
Bedankt voor het laten weten. Fijne dag nog!

== OVERIG
Ik begrijp uw vraag niet goed. Over welk adres gaat het?

== AFWIJZING_ZONDER_REDEN
Wij kunnen u voor deze woning geen bezichtiging aanbieden op zaterdag of op een andere dag.

== AFWIJZING_ZONDER_REDEN
Een bezichtiging op donderdag om 15.00 uur, zoals u voorstelt, is niet mogelijk en wij hebben ook
geen ander moment.

== UITNODIGING
Helaas kan ik morgen niet, maar donderdag om 15.00 uur kunt u komen kijken.

== UITNODIGING
U hoeft niet te bellen, kom gewoon vrijdag om 10 uur kijken.

== UITNODIGING
Geen probleem! U kunt zaterdag om 11 uur komen kijken.

== IN_OPTIE
Zodra de optie vervalt kunt u komen kijken, tot die tijd is de woning gereserveerd.

== WACHTLIJST
U staat op plek 4 van de wachtlijst; als u aan de beurt bent, nodigen we u uit voor een
bezichtiging.

== INSCHRIJVEN_VEREIST
U kunt pas komen kijken als u bij ons staat ingeschreven.

== UITNODIGING
Er is niemand anders die reageerde, dus wat mij betreft komt u zondag om 13 uur langs.

== AFWIJZING_ZONDER_REDEN
Er waren veel leuke reacties en de keuze is niet op u gevallen.

== UITNODIGING
Beste █████,

Wat leuk dat je interesse hebt in ons appartement! Mijn man is aanstaande zaterdag thuis, dan zou je
om 10 uur even kunnen komen kijken. Is dat wat?

Groetjes

== UITNODIGING
Geachte █████,

In goede orde ontving ik uw bericht. U bent ingedeeld voor de bezichtiging van 17 september om 15:40
uur. Wees op tijd, we hebben per kandidaat tien minuten.

Hoogachtend

== UITNODIGING
Hoi! Nog beschikbaar. Vanavond half 8 bij de voordeur?

== UITNODIGING
Goedemiddag, ik heb donderdag om 16:00 nog een gaatje. Graag even bevestigen als u komt.

== UITNODIGING
Dear █████, thank you for your interest. We would like to show you the apartment on Monday 14
September at 15:30. Please let us know if you can make it.

== UITNODIGING
Beste, u kunt de sleutel om 13.00 uur bij ons kantoor ophalen en zelf even rondkijken. Neem wel uw
ID mee.

== UITNODIGING_KEUZE
Beste █████,

Graag laten wij u de woning zien. De volgende momenten zijn nog vrij: ma 14/9 10.00, di 15/9 14.00.
Laat u weten welk tijdstip u het beste schikt?

== UITNODIGING_KEUZE
Hallo, zeker! Zeg maar wanneer je kunt.

== UITNODIGING_KEUZE
Geachte kandidaat,

U bent geselecteerd voor een bezichtiging. Klik op de knop hieronder om een tijd te kiezen.

== OPEN_HUIS
Beste, aanstaande zaterdag kan iedereen tussen 11 en 13 uur zonder afspraak binnenlopen.

== OPEN_HUIS
Goedendag,

Vrijdag 18 september is er een kijkmiddag. Meld u zich even aan via deze mail?

== BELVERZOEK
Beste █████,

Ik licht het graag telefonisch toe. Heeft u een moment om te bellen vandaag? Ik ben tot 17 uur
bereikbaar.

== TERUGBELLEN_DOOR_KANTOOR
Beste, bedankt. Op welk nummer kan ik u bereiken? Dan bel ik u vanmiddag.

== INSCHRIJVEN_VEREIST
Goedemorgen,

Wij bemiddelen alleen voor mensen die bij ons staan ingeschreven. De kosten zijn 25 euro per jaar.
Na inschrijving kunt u reageren op deze en andere woningen.

== FORMULIER_TOEGESTUURD
Beste,

Dank voor uw belangstelling. Als u het formulier achter deze link invult, nemen wij contact met u op
voor een eventuele bezichtiging.

== DOCUMENTEN_VOORAF
Beste █████, de verhuurder wil vooraf de gegevens bekijken. Graag ontvang ik: werkgeversverklaring,
3 loonstroken, kopie legitimatie. Na ontvangst plan ik een bezichtiging in.

== NEUTRALE_VRAGEN
Hi, fijn dat je mailt. Kan je iets vertellen over jezelf en hoe lang je er zou willen wonen?

Gr

== NEUTRALE_VRAGEN
Beste, is het voor een of twee personen? En hebben jullie een hond of kat?

== INKOMENSVRAAG
Geachte █████,

Kunt u mij laten weten wat uw arbeidssituatie is en wat u netto verdient? Daarna kom ik bij u terug.

== GARANTSTELLING_OF_EXTRA_BORG
Beste, wij willen u de woning wel verhuren, mits er iemand in Nederland voor u garant staat.

== PERSOONLIJKE_VRAAG
Hallo █████, leuk dat je reageert! Ben je hier geboren of ben je hier komen wonen?

== PERSOONLIJKE_VRAAG
Beste, mag ik weten of jullie getrouwd zijn en of er kinderen op komst zijn?

== WACHTLIJST
Beste █████,

Op dit moment hebben wij genoeg bezichtigingen staan. Ik heb u als reserve genoteerd.

== WACHTLIJST
Goedemiddag, u staat als nummer drie op de lijst. Haken de eersten af, dan hoort u van mij.

== BEZICHTIGINGEN_VOL
Hallo, de bezichtigingsdag van zaterdag zit helaas al helemaal vol. Wij plannen geen extra momenten.

== BEZICHTIGINGEN_VOL
Unfortunately all our viewing appointments are taken.

== IN_OPTIE
Beste █████,

Iemand heeft tot vrijdag bedenktijd voor deze woning. Ik laat het u weten als die persoon ervan
afziet.

== IN_OPTIE
Goedendag, er is gisteren een kandidaat akkoord gegaan, het contract moet nog getekend worden.

== AL_VERHUURD
Beste █████,

Dank je wel voor je mail. De kamer is vergeven, de nieuwe huurder trekt er volgende week in. Veel
succes!

== AL_VERHUURD
Geachte heer, mevrouw,

Deze woning staat niet meer te huur. Op onze site vindt u ons actuele aanbod en kunt u zich
inschrijven.

Mvg

== AL_VERHUURD
Nee, is weg.

== AFWIJZING_INKOMEN
Beste, de eigenaar hanteert drie keer de kale huur als norm voor het inkomen. Dat haalt u net niet,
dus ik moet u afwijzen.

== AFWIJZING_INKOMEN
Beste █████, met uw tijdelijke contract en inkomen kunnen wij u niet verder helpen.

== AFWIJZING_CRITERIUM_ADVERTENTIE
Hallo, wij zoeken iemand voor minimaal twee jaar, dat stond erbij. Jammer, dus nee.

== AFWIJZING_ZONDER_REDEN
Geachte █████,

Hartelijk dank voor uw interesse in bovengenoemde woning. Tot onze spijt kunnen wij u geen positief
bericht geven.

Met vriendelijke groet

== AFWIJZING_ZONDER_REDEN
Beste, na overleg met de eigenaar hebben we de kandidaten gekozen die mogen komen kijken. U hoort
daar niet bij.

== AFWIJZING_ZONDER_REDEN
Beste █████, wij zien af van een bezichtiging met u.

== AFWIJZING_ZONDER_REDEN
Nee.

== AFWIJZING_MET_REDEN
Beste, wij hebben na 40 reacties de advertentie gesloten. Uw bericht kwam daarna binnen, dus dat
wordt hem niet.

== AFWIJZING_GROND
Beste, het is een katholiek gezin hierboven en wij willen liever geen andere culturen in huis.

== AFWIJZING_GROND
Hoi, we zoeken eigenlijk een meisje als huurder, sorry.

== AFWIJZING_VERHULD
Beste █████, het is een hechte straat en de eigenaar vraagt zich af of u daar op uw plek bent. We
gaan het niet doen.

== ALTERNATIEF_AANBOD
Beste █████,

Voor deze woning hebben we genoeg kandidaten. Ik heb nog wel een studio in Soesterkwartier, zou u
die willen bekijken?

== DOORVERWIJZING
Beste, ik verhuur zelf niet meer. Probeert u het eens bij Eem Wonen, zij beheren het nu.

== ECHTHEIDSVRAAG
Geachte █████,

Wij ontvingen twee bijna gelijke berichten over deze woning. Hoort u bij een onderzoek van de
gemeente?

== OVERIG
Wat is uw telefoonnummer?

== OVERIG
Prima, dank voor de afmelding.

== UITNODIGING
Nee hoor, hij is nog niet verhuurd. Kom zaterdag om 12 uur maar kijken.

== AFWIJZING_ZONDER_REDEN
U vroeg of u donderdag om 15.00 uur kunt komen kijken. Dat kan niet, we hebben al een keuze gemaakt.

== AFWIJZING_ZONDER_REDEN
Wij hadden u graag uitgenodigd voor een bezichtiging, maar de eigenaar heeft anders besloten.
"""

# Labels right, and proposals that need no person.
TUNED_FLOOR = (80, 45)


def mails(block: str) -> Iterator[tuple[str, str]]:
    for entry in block.split("== ")[1:]:
        code, _, text = entry.partition("\n")
        yield code, text.strip()


def measured(block: str) -> tuple[int, int, int]:
    """(labels right, proposals that need no person, wrong outcomes among those)."""
    right = sure = wrong = 0
    for code, text in mails(block):
        proposal = propose(text)
        right += proposal.label == code
        if not needs_person(proposal):
            sure += 1
            wrong += labels()[proposal.label].outcome is not labels()[code].outcome
    return right, sure, wrong


def test_rules_that_need_no_person_never_get_the_outcome_of_a_tuned_mail_wrong() -> None:
    right, sure, wrong = measured(TUNED)
    assert wrong == 0
    assert (right >= TUNED_FLOOR[0], sure >= TUNED_FLOOR[1]) == (True, True)


def test_no_mail_that_points_at_a_ground_or_at_detection_is_decided_by_a_rule() -> None:
    for code, text in mails(TUNED):
        if labels()[code].person:
            assert needs_person(propose(text)), text
