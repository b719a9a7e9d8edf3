@identity
Feature: Finding the patient
  The form is the country's own. The professional copies what the papers say; the country answers with one
  person, or with none, and never with a list.

  @S5 @S6 @H1
  Scenario Outline: <patient> is found (<about>)
    Given Dr Ada Exemple is at the identity form of <country>
    When the patient <patient> is looked for
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"
    And the person shown is <patient>
    And 1 identification was asked for
    And only <country> was asked
    And no summary was asked for
    And the address and the title tell nothing about the patient

    Examples: every patient whose summary can be read
      | country | patient | about |

  @S5 @U16
  Scenario Outline: In <country> an empty form says what is missing
    Given Dr Ada Exemple is at the identity form of <country>
    When the form is sent
    Then the window is called "Erreur : Identité du patient"
    And each error leads to its field
    And no identification was asked for

    Examples: every country
      | country |

  @S5 @U17 @U19
  Scenario Outline: In <country> signs that no identifier holds go nowhere
    Given Dr Ada Exemple is at the identity form of <country>
    When "<script>alert(1)</script>" is typed into every field of the form
    And the form is sent
    Then each error leads to its field
    And the page is headed "Recopiez l’identité du patient"
    And no identification was asked for

    Examples: every country
      | country |

  @S5 @U20
  Scenario Outline: In <country> nobody has these numbers
    Given Dr Ada Exemple is at the identity form of <country>
    When nobody but a stranger is typed
    Then the message is SES-060
    And the page says "Aucun patient ne correspond. Vérifiez le pays, le numéro caractère par caractère et la pièce présentée."
    And the page gives a reference for the support
    And no summary was asked for

    Examples: every country
      | country |

  @U16 @browser
  Scenario: The missing field is named
    Given Dr Ada Exemple is at the identity form of Portugal
    When the form is sent
    Then the list of errors says "Saisissez"

  @U17
  Scenario Outline: What is wrong with a number is said in words: "<typed>"
    Given Dr Ada Exemple is at the identity form of Portugal
    When "<typed>" is typed into every field of the form
    And the form is sent
    Then the list of errors says "<sentence>"
    And no identification was asked for

    Examples:
      | typed      | sentence                     |
      | 99900001   | 9 chiffres attendus, 8 saisis |
      | 9990000170 | 9 chiffres attendus, 10 saisis |
      | 99900001A  | chiffres                     |

  @S5
  Scenario: Spaces typed by habit do not matter
    Given Dr Ada Exemple is at the identity form of Portugal
    When "999 000 017" is typed into every field of the form
    And the form is sent
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"

  @H4 @U18
  Scenario Outline: A birth date that cannot be: <day> <month> <year>
    Given Dr Ada Exemple is at the identity form of Chypre
    When the papers of CY-1 are copied into the form
    And "<day>" is typed into "Jour"
    And "<month>" is typed into "Mois"
    And "<year>" is typed into "Année"
    And the form is sent
    Then the list of errors says "<sentence>"
    And no identification was asked for

    Examples:
      | day | month | year | sentence                                       |
      | 31  | 2     | 1958 | Cette date n’existe pas                        |
      | 1   | 1     | 2099 | ne peut pas être dans le futur                 |
      | 1   | 1     | 58   | L’année de naissance doit comporter 4 chiffres |

  @H4
  Scenario: In Cyprus the number of the card finds nobody who was born in another year
    Given Dr Ada Exemple is at the identity form of Chypre
    When the papers of CY-1 are copied into the form
    And "1956" is typed into "Année"
    And the form is sent
    Then the message is SES-060
    And no list of summaries was asked for

  @H5
  Scenario Outline: A Spanish patient is found by the <number>
    Given Dr Ada Exemple is at the identity form of Espagne
    When the <number> in the papers of ES-1 is copied into the form
    And the form is sent
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"
    And the person shown is ES-1

    Examples:
      | number               |
      | Identifiant régional |
      | Identifiant national |

  @U21
  Scenario Outline: A number that leads to twins lists nobody (<patient>)
    Given Dr Ada Exemple is at the identity form of <country>
    When the papers of <patient>, with a number that others have as well, are copied
    And the form is sent
    Then the message is SES-061
    And the page says "Ces informations désignent plusieurs personnes."
    And nothing of <patient> is on the page
    And no summary was asked for

    Examples:
      | country  | patient |
      | Tchéquie | CZ-5    |
      | Espagne  | ES-5    |

  @U20
  Scenario: A patient who is not found can be corrected
    Given Croatie has, once, the defect xcpd-no-match
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-060
    And the page says "Le patient n’est peut-être pas inscrit au service dans son pays."
    When the form is sent
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"

  @U22
  Scenario: The country asks for more
    Given Croatie answers the identification with more_traits
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-062
    And the page says "Ce pays demande des informations complémentaires : nom, prénom et date de naissance."
    And what was typed of HR-1 is still in the form
    And the form now asks for "Nom de famille", "Prénom" and "Date de naissance" as well

  @U22
  Scenario: What the country asks for in addition is given, and the patient is found
    Given Croatie asks, once, for more traits
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-062
    When the papers of HR-1 are copied into the form
    And the form is sent
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"
    And the person shown is HR-1
    And the country was told the name and the birth date of HR-1

  @U22
  Scenario: What the country asks for in addition is given, and it is not this patient's
    Given Croatie asks, once, for more traits
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    And the papers of HR-1 are copied into the form
    And "Inconnu" is typed into "Nom de famille"
    And the form is sent
    Then the message is SES-060
    And no list of summaries was asked for

  @U23
  Scenario: The country asks for a stronger authentication of the patient
    Given Croatie answers the identification with authentication_required
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-063
    And the page says "Le pays d’affiliation exige une authentification du patient qui n’est pas prise en charge ici."
    And the page says "Ce refus ne dit rien de l’état de santé du patient."
    And there is a way on

  @U24
  Scenario: The country does not let this profession in
    Given Croatie answers the identification with insufficient_rights
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-070
    And the page says "Le pays d’affiliation n’autorise pas cet accès pour votre profession."
    And nothing of HR-1 is on the page
    And "Choisir un autre pays" is offered

  @U25
  Scenario: The country does not accept the professional's identity
    Given Croatie has the defect saml-refuses-skew
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-071
    And the page says "Votre identité professionnelle n’a pas été acceptée par le pays d’affiliation. L’assistance est prévenue."
    And the page gives a reference for the support

  @S5 @browser
  Scenario: Pressing the button twice asks the country once
    Given Dr Ada Exemple is at the identity form of Croatie
    When the papers of HR-1 are copied into the form
    And the form is sent twice
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"
    And 1 identification was asked for

  @U44
  Scenario: Trying numbers one after the other is stopped
    Given 20 identifications a minute are allowed
    And Dr Ada Exemple is at the identity form of Croatie
    When 21 strangers are looked for
    Then the message is SES-121
    And the page says "Trop de demandes. Patientez avant de recommencer."
    And 20 identifications were asked for
    When 2 minutes go by
    And the patient HR-1 is looked for
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"
