"""How well the reply rules read sentences their author had not tuned them on.

``TUNED`` was used while writing the rules. ``HELD_OUT`` was written before the first rule and is only measured. Both
come from one author, so the numbers are an upper bound for real mail, never an estimate of it.
"""

from collections.abc import Mapping

from results.outcomes import labels, needs_person, propose

TUNED: Mapping[str, tuple[str, ...]] = {
    "UITNODIGING": (
        "Beste heer, leuk dat u reageert. U kunt woensdag om 16.30 uur komen kijken.",
        "Graag nodigen wij u uit voor een bezichtiging op 14 september om 10:15 uur.",
        "De woning is nog vrij. Komt u morgenmiddag even langs om te kijken?",
        "You are welcome to view the apartment on Tuesday at 4 pm.",
    ),
    "UITNODIGING_KEUZE": (
        "Via onderstaande link kunt u zelf een tijdslot voor de bezichtiging kiezen.",
        "Welke dag schikt u om de woning te bezichtigen?",
        "Laat even weten wanneer u zou kunnen komen kijken.",
        "Please pick a time slot for your viewing using this link.",
    ),
    "OPEN_HUIS": (
        "Zaterdag houden we een kijkuur van 11 tot 12, u bent welkom.",
        "Komende vrijdag is er een open bezichtiging tussen 15 en 16 uur.",
        "U mag meedoen aan de groepsbezichtiging van maandag.",
        "There is an open house this Saturday from 11 to 12.",
    ),
    "BELVERZOEK": (
        "Wilt u ons even bellen om iets af te spreken?",
        "Graag telefonisch contact opnemen met ons kantoor voor een afspraak.",
        "U kunt ons bereiken op [telefoonnummer], belt u even?",
        "Please call our office to discuss this.",
    ),
    "TERUGBELLEN_DOOR_KANTOOR": (
        "Mijn collega neemt morgen telefonisch contact met u op.",
        "Ik bel u vanmiddag even terug.",
        "Wij nemen deze week contact met u op over een afspraak.",
        "We will call you back tomorrow.",
    ),
    "INSCHRIJVEN_VEREIST": (
        "Schrijf u eerst in via onze site, daarna kunnen wij u inplannen.",
        "Reageren kan alleen met een account op ons portaal; maak er hier een aan.",
        "U dient zich in te schrijven voordat wij uw verzoek in behandeling nemen.",
        "Please register on our website first.",
    ),
    "FORMULIER_TOEGESTUURD": (
        "Bijgaand het aanmeldformulier; zodra het binnen is beoordelen wij uw aanvraag.",
        "Wilt u het bijgevoegde formulier invullen en terugmailen?",
        "Hierbij ontvangt u het intakeformulier voor kandidaat-huurders.",
        "Please fill in the attached form and return it.",
    ),
    "DOCUMENTEN_VOORAF": (
        "Voordat we inplannen ontvangen wij graag drie loonstroken en een kopie ID.",
        "Kunt u uw arbeidscontract en bankafschriften alvast mailen?",
        "Wij hebben eerst een verhuurdersverklaring en loonstroken van u nodig.",
        "Please send us your last three payslips before the viewing.",
    ),
    "NEUTRALE_VRAGEN": (
        "Met hoeveel personen gaat u wonen en vanaf wanneer?",
        "Heeft u huisdieren en rookt u?",
        "Voor welke periode zoekt u woonruimte?",
        "How many people will be living there and when do you want to move in?",
    ),
    "INKOMENSVRAAG": (
        "Kunt u aangeven wat uw bruto maandinkomen is?",
        "Wat voor werk doet u en heeft u een vast contract?",
        "Hoeveel verdient u per maand?",
        "What is your gross monthly income?",
    ),
    "GARANTSTELLING_OF_EXTRA_BORG": (
        "In uw geval vraagt de eigenaar een extra maand borg.",
        "Heeft u iemand die garant kan staan?",
        "De verhuurder wil graag drie maanden huur vooruit.",
        "Could your parents act as guarantor?",
    ),
    "PERSOONLIJKE_VRAAG": (
        "Waar komt u oorspronkelijk vandaan?",
        "Bent u een stel of broers?",
        "Spreekt u goed Nederlands?",
        "Where are you originally from?",
    ),
    "WACHTLIJST": (
        "Het loopt storm; we zetten u op de reservelijst.",
        "U staat nu op onze wachtlijst voor deze woning.",
        "We houden u als reservekandidaat achter de hand.",
        "We have put you on the waiting list.",
    ),
    "BEZICHTIGINGEN_VOL": (
        "Alle kijkmomenten zijn bezet, bij uitval hoort u van ons.",
        "Er is geen plek meer bij de bezichtiging.",
        "Wij hebben al voldoende bezichtigingen ingepland staan.",
        "All viewings are fully booked.",
    ),
    "IN_OPTIE": (
        "De woning is voorlopig aan iemand toegezegd.",
        "De woning is verhuurd onder voorbehoud.",
        "Er is al een kandidaat in optie.",
        "The apartment is currently under option.",
    ),
    "AL_VERHUURD": (
        "Helaas, deze woning is zojuist verhuurd.",
        "De woning is niet meer beschikbaar.",
        "We hebben al een huurder gevonden voor het appartement.",
        "Unfortunately the apartment has already been rented out.",
    ),
    "AFWIJZING_INKOMEN": (
        "U voldoet niet aan de inkomenseis van vier keer de huur.",
        "Met dit salaris komt u helaas niet in aanmerking.",
        "Het inkomen dat u opgeeft is onvoldoende voor deze huurprijs.",
        "Your income is too low for this rent.",
    ),
    "AFWIJZING_CRITERIUM_ADVERTENTIE": (
        "De eigenaar verhuurt niet aan woningdelers, zoals vermeld.",
        "Huisdieren zijn niet toegestaan, dat stond ook in de advertentie.",
        "De woning is alleen voor studenten bestemd.",
        "As stated in the ad, pets are not allowed.",
    ),
    "AFWIJZING_ZONDER_REDEN": (
        "Wij gaan met andere kandidaten verder.",
        "Helaas kunnen wij u niet uitnodigen voor een bezichtiging.",
        "Er is geen bezichtiging mogelijk.",
        "Unfortunately we cannot offer you a viewing.",
    ),
    "AFWIJZING_MET_REDEN": (
        "Er is gekozen op volgorde van aanmelding; u was nummer 23.",
        "Vanwege het grote aantal reacties kunnen we u niet uitnodigen.",
        "De loting heeft plaatsgevonden en u bent daarbij niet gekozen.",
        "Because of the large number of applicants we cannot invite you.",
    ),
    "AFWIJZING_GROND": (
        "De eigenaar wil liever Nederlandse huurders.",
        "We verhuren niet aan buitenlanders.",
        "De verhuurder zoekt alleen een vrouw.",
        "The owner prefers Dutch tenants.",
    ),
    "AFWIJZING_VERHULD": (
        "We zoeken mensen die goed in de buurt passen.",
        "De eigenaar had er geen goed gevoel bij.",
        "U bent niet het type huurder dat wij zoeken.",
        "We feel you are not the right fit.",
    ),
    "ALTERNATIEF_AANBOD": (
        "Deze is niet geschikt, maar in Schothorst hebben we wel iets voor u.",
        "Wij kunnen u wel een andere woning aanbieden.",
        "Heeft u interesse in een vergelijkbaar appartement in Nieuwland?",
        "We do have another apartment that may suit you.",
    ),
    "DOORVERWIJZING": (
        "Deze woning wordt door een ander kantoor verhuurd.",
        "Wij gaan hier niet over; neem contact op met de beheerder.",
        "U moet bij onze vestiging in Utrecht zijn.",
        "Please contact the letting agent for this property.",
    ),
    "AUTOMATISCHE_ONTVANGST": (
        "Wij hebben uw bericht ontvangen en reageren binnen twee werkdagen.",
        "Dit is een automatisch gegenereerd bericht.",
        "Bedankt voor uw reactie, wij komen er zo snel mogelijk op terug.",
        "We have received your message and will respond as soon as possible.",
    ),
    "AFWEZIG": (
        "Ik ben tot maandag met verlof.",
        "Ons kantoor is gesloten tot 3 januari.",
        "I am out of the office until Monday.",
    ),
    "ONBESTELBAAR": (
        "Het bericht is niet afgeleverd bij de volgende ontvanger.",
        "Delivery to the following recipient failed permanently.",
    ),
    "ECHTHEIDSVRAAG": (
        "Is dit een test? Kunt u zich legitimeren?",
        "Bent u wel een echt persoon?",
        "Dit lijkt mij een nepreactie.",
        "Is this a real request or spam?",
    ),
}

HELD_OUT: Mapping[str, tuple[str, ...]] = {
    "UITNODIGING": (
        "Goedemiddag,\n\nDank voor uw interesse. Ik kan u aanstaande donderdag om half vier de woning laten zien. "
        "Laat u even weten of dat uitkomt?\n\nMet vriendelijke groet,\n[medewerker]",
        "Ja hoor, de woning is nog beschikbaar! Past vrijdag 18 september om 9:30 u voor een bezichtiging?",
        "We hebben u ingepland voor een bezichtiging op dinsdag 22 september, 13.45 uur.",
        "Hi, yes it is still available. Would you like to come by for a viewing tomorrow at 5?",
    ),
    "UITNODIGING_KEUZE": (
        "Plan uw bezichtiging eenvoudig in via onze online agenda: https://voorbeeld.example/plan",
        "Prima, kom gerust kijken. Heeft u voorkeur voor dinsdag of donderdag?",
        "Wanneer zou het u uitkomen om langs te komen?",
        "You can book a viewing here at a time that suits you.",
    ),
    "OPEN_HUIS": (
        "Op 19 september tussen 10.00 en 11.00 uur houden wij een inloopmoment in de woning. Aanmelden is niet nodig.",
        "Er is zaterdagochtend een kijkdag, komt u gerust.",
        "De bezichtiging is in groepsverband op maandag 21 september vanaf 17 uur.",
        "We are hosting an open viewing on Friday, feel free to drop in.",
    ),
    "BELVERZOEK": (
        "Zou u vandaag even naar kantoor kunnen bellen?",
        "Neem svp telefonisch contact met mij op, dan maken we een afspraak.",
        "Geef me even een belletje als u tijd heeft.",
        "Could you give us a ring?",
    ),
    "TERUGBELLEN_DOOR_KANTOOR": (
        "U wordt hierover morgen gebeld door de verhuurafdeling.",
        "Ik zal u later vandaag even bellen.",
        "Onze verhuurmedewerker zoekt een dezer dagen contact met u.",
        "My colleague will be in touch with you by phone.",
    ),
    "INSCHRIJVEN_VEREIST": (
        "Alleen ingeschreven woningzoekenden kunnen deze woning bezichtigen. Inschrijven kan op onze website.",
        "Wilt u zich aanmelden via MijnWoning? Daarna kunt u op de woning reageren.",
        "Voor een bezichtiging hebben we eerst een compleet profiel op ons platform nodig.",
        "You need to create an account before we can schedule anything.",
    ),
    "FORMULIER_TOEGESTUURD": (
        "Ik stuur u hierbij ons kandidatenformulier. Graag compleet ingevuld retour.",
        "Zou u het inschrijfformulier in de bijlage willen invullen?",
        "Vul eerst dit formulier in, dan kijken wij ernaar: https://voorbeeld.example/formulier",
        "Attached you will find our application form.",
    ),
    "DOCUMENTEN_VOORAF": (
        "Graag zien wij vooraf een kopie van uw paspoort en drie recente salarisstroken.",
        "Mailt u mij uw werkgeversverklaring, dan plannen we daarna een bezichtiging.",
        "Om u te kunnen screenen hebben wij een inkomensverklaring en identiteitsbewijs nodig.",
        "Could you send proof of income and a copy of your ID?",
    ),
    "NEUTRALE_VRAGEN": (
        "Dank voor uw bericht. Wat is uw gewenste ingangsdatum?",
        "Is de woning voor u alleen of komt er nog iemand bij wonen?",
        "Kunt u iets meer over uzelf vertellen?",
        "Do you have any pets and from when would you like to rent?",
    ),
    "INKOMENSVRAAG": (
        "Mag ik vragen wat u per maand bruto verdient?",
        "Wat is uw beroep en wat is het gezamenlijk inkomen?",
        "Kunt u mij laten weten of u in loondienst bent en wat uw salaris is?",
        "Could you tell us your salary?",
    ),
    "GARANTSTELLING_OF_EXTRA_BORG": (
        "Wij vragen u om een borg van drie maanden in plaats van een maand.",
        "Kunnen uw ouders borg staan voor de huur?",
        "De eigenaar wil een half jaar huur vooraf ontvangen.",
        "The landlord would need an additional deposit in your case.",
    ),
    "PERSOONLIJKE_VRAAG": (
        "Wat is uw nationaliteit?",
        "Hoe lang woont u al in Nederland?",
        "Mag ik vragen of u getrouwd bent?",
        "Do you speak Dutch?",
    ),
    "WACHTLIJST": (
        "Mocht er iemand afvallen, dan bent u de eerste op de lijst.",
        "Ik heb u genoteerd als reserve.",
        "Voorlopig komt u op een wachtlijst te staan.",
        "You are on our reserve list for now.",
    ),
    "BEZICHTIGINGEN_VOL": (
        "Vanwege de drukte plannen wij geen bezichtigingen meer in.",
        "De kijkdag is al volgeboekt.",
        "Het maximale aantal bezichtigingen is bereikt.",
        "We have no viewing slots left.",
    ),
    "IN_OPTIE": (
        "Een andere kandidaat heeft de eerste keus, dus de woning is onder optie.",
        "De woning is gereserveerd voor een andere gegadigde.",
        "Er loopt al een traject met een andere huurder.",
        "Someone else has first refusal on the flat.",
    ),
    "AL_VERHUURD": (
        "Beste,\n\nBedankt voor uw reactie. Inmiddels hebben wij een geschikte huurder gevonden.\n\nGroet",
        "Deze is helaas al weg.",
        "Het appartement aan de Langestraat is vorige week verhuurd.",
        "Sorry, it's gone. The flat is no longer available.",
    ),
    "AFWIJZING_INKOMEN": (
        "Wij hanteren een inkomensnorm van drie maal de huur en daar zit u onder.",
        "Helaas sluit uw inkomen niet aan bij de gestelde eisen.",
        "U verdient te weinig voor deze woning.",
        "Unfortunately you do not meet the income requirement.",
    ),
    "AFWIJZING_CRITERIUM_ADVERTENTIE": (
        "Deze woning is bedoeld voor ouderen vanaf 55 jaar, zie de advertentie.",
        "In de advertentie staat dat roken en huisdieren niet zijn toegestaan, daarom valt u af.",
        "Wij verhuren deze woning uitsluitend aan gezinnen, zoals aangegeven.",
        "The ad states that sharing is not allowed.",
    ),
    "AFWIJZING_ZONDER_REDEN": (
        "Bedankt voor uw interesse, maar wij moeten u helaas teleurstellen.",
        "U bent niet geselecteerd voor deze woning.",
        "Wij hebben besloten niet op uw verzoek in te gaan.",
        "We have decided to proceed with other applicants.",
    ),
    "AFWIJZING_MET_REDEN": (
        "Wij kregen meer dan 200 reacties en hebben de eerste tien uitgenodigd, u zat daar niet bij.",
        "Helaas, anderen waren u voor.",
        "De selectie ging op basis van binnenkomst, daardoor valt u buiten de boot.",
        "We work on a first come, first served basis and you were too late.",
    ),
    "AFWIJZING_GROND": (
        "De verhuurder heeft slechte ervaringen met mensen uit dat land.",
        "Er is een voorkeur voor iemand met een Nederlandse achtergrond.",
        "De eigenaar wil geen moslims in het pand.",
        "The landlord only rents to women.",
    ),
    "AFWIJZING_VERHULD": (
        "U past helaas niet binnen het profiel van het gebouw.",
        "Wij hebben een kandidaat die beter aansluit bij de huidige bewoners.",
        "De verhuurder zoekt een rustige huurder die bij de straat past.",
        "We don't think this neighbourhood would suit you.",
    ),
    "ALTERNATIEF_AANBOD": (
        "Voor u heb ik misschien iets beters: een studio aan de rand van de stad.",
        "Deze gaat niet lukken, wel komt er binnenkort een soortgelijke woning vrij in Kruiskamp.",
        "Zou u ook interesse hebben in een ander object van ons?",
        "This one is gone but we have a similar flat in Liendert.",
    ),
    "DOORVERWIJZING": (
        "De verhuur van dit adres loopt via onze collega's van een andere makelaar.",
        "Wij doen deze woning niet, u kunt het beste de eigenaar zelf benaderen.",
        "Ik heb uw bericht doorgestuurd naar de beheerder van het pand.",
        "This property is managed by another agency.",
    ),
    "AUTOMATISCHE_ONTVANGST": (
        "Uw e-mail is in goede orde ontvangen. U krijgt binnen 24 uur antwoord van ons.",
        "Dank voor uw aanvraag! We nemen deze zo spoedig mogelijk in behandeling.",
        "Op dit bericht kunt u niet antwoorden.",
        "Thank you for your email. We aim to reply within two working days.",
    ),
    "AFWEZIG": (
        "Wegens vakantie ben ik afwezig; vanaf 21 september lees ik mijn mail weer.",
        "Momenteel ben ik niet op kantoor.",
        "I'm on annual leave until 3 October.",
    ),
    "ONBESTELBAAR": (
        "Uw e-mail kon niet worden afgeleverd omdat het postvak vol is.",
        "Your message wasn't delivered because the address couldn't be found.",
    ),
    "ECHTHEIDSVRAAG": (
        "Ik heb het idee dat dit een onderzoek naar discriminatie is, klopt dat?",
        "Met wie heb ik te maken, bent u wel echt?",
        "Wilt u uw identiteit bevestigen? We krijgen veel nepberichten.",
        "Are you a real person?",
    ),
}

HELD_OUT_FLOOR = 0.95


def measured(sentences: Mapping[str, tuple[str, ...]]) -> tuple[int, int, int]:
    """(labels right, wrong labels among proposals that need no person, all)."""
    proposals = [(code, propose(text)) for code, texts in sentences.items() for text in texts]
    wrong = [proposal for code, proposal in proposals if proposal.label != code and not needs_person(proposal)]
    return sum(proposal.label == code for code, proposal in proposals), len(wrong), len(proposals)


def test_rules_label_the_sentences_they_were_tuned_on() -> None:
    right, wrong, n = measured(TUNED)
    assert (right, wrong) == (n, 0)


def test_rules_label_most_held_out_paraphrases_and_are_never_sure_of_a_wrong_one() -> None:
    """105 of 109 at first sight, 106 now; single clear sentences by the author of the rules, so far above real mail."""
    right, wrong, n = measured(HELD_OUT)
    assert wrong == 0
    assert right / n >= HELD_OUT_FLOOR


def test_every_label_that_a_text_can_have_has_paraphrases() -> None:
    without_text = {"OVERIG", "GEEN_REACTIE"}
    assert set(TUNED) == set(HELD_OUT) == set(labels()) - without_text
