@summary
Feature: Reading the summary
  The summary in French, alerts first, every section saying something, the original one click away.

  @S9 @H1 @INV9
  Scenario Outline: The summary of <patient> can be read (<about>)
    Given Dr Ada Exemple has confirmed the identity of <patient>
    When the patient agrees and the summary is opened
    Then the summary is shown
    And the banner names <patient>, born and insured as the papers say
    And the identifier of <patient> in the banner is masked but for its end
    And the alerts come before the sections and speak of allergies
    And the five basic sections are there in the usual order
    And every section says something
    And no cell of a table is empty or holds a word of a machine
    And the way to the original is on the page
    And the address and the title tell nothing about the patient
    And the page may not be kept by anybody

    Examples: every patient whose summary can be read
      | patient | about |

  @U24 @U36 @U37 @U41 @INV7
  Scenario Outline: <patient> is refused, and the page says why (<about>)
    Given Dr Ada Exemple is logged in
    When <patient> is looked for and agrees, as far as the country goes
    Then the message is <message>
    And no summary is shown
    And there is a way on
    And the page gives a reference for the support

    Examples: every patient who is refused
      | patient | message | about |

  @S9 @smoke @H1
  Scenario: A whole journey for a patient from Croatia
    Given Dr Ada Exemple is logged in
    When the country "Croatie" is chosen
    And the papers of HR-1 are copied into the form
    And the form is sent
    And the identity is confirmed
    And the patient agrees
    Then the summary is shown
    And "Alertes" says "amoxicilline"
    And the section "Allergies" says "amoxicilline amoksicilin"
    And the section "Traitements" has 4 rows
    And the section "Problèmes" has 2 rows
    And the section "Dispositifs" says "endoprothèses (stents) coronaires"

  @H3
  Scenario: A pharmacist reads a summary from Malta
    Given Jo Officine reads the summary of MT-1
    Then "Alertes" says "stimulateur"
    And the audit trail holds ITI-38, ITI-39

  @H4
  Scenario: A patient from Cyprus, found by card and birth date
    Given Dr Ada Exemple reads the summary of CY-2
    Then "Alertes" says "latex"

  @H6
  Scenario: Nothing known is said as a statement of the document
    Given Dr Ada Exemple reads the summary of HR-3
    Then "Alertes" says "Aucune allergie connue"
    And the section "Allergies" says "Aucune allergie connue."
    And the section "Allergies" says "Affirmé dans le document"
    And the section "Traitements" says "Aucun traitement médicamenteux connu."

  @H6 @D02
  Scenario: No information is never no allergy
    Given Dr Ada Exemple reads the summary of EE-5
    Then "Alertes" says "aucune information transmise. Interroger le patient."
    And the section "Allergies" says "Cela ne signifie pas que le patient n’en a pas : interrogez-le."
    And the section "Allergies" does not say "Aucune allergie connue"

  @D08
  Scenario: What cannot be translated stays in the original language and says so
    Given Dr Ada Exemple reads the summary of EE-2
    Then "Alertes" says "kanamuna texte libre, non traduit"
    And the page says "2 éléments non traduits"
    And the words of EE-2's country on the page name their language

  @H11 @U41
  Scenario: Codes of the country without a counterpart are shown with a warning
    Given Dr Ada Exemple reads the summary of MT-5
    Then the page says "3 éléments non traduits"
    And the section "Traitements" says "Herbal cough linctus texte libre, non traduit"
    And the page says "En cas de doute, l’original fait foi."

  @S9
  Scenario: Hidden data are announced
    Given Dr Ada Exemple reads the summary of ES-3
    Then "Alertes" says "des informations peuvent manquer"

  @S9
  Scenario: A dead patient's banner keeps the mark
    Given Dr Ada Exemple reads the summary of HR-4
    Then "Patient" says "Décédé"

  @S9
  Scenario: A child's banner keeps the mark
    Given Dr Ada Exemple reads the summary of HR-2
    Then "Patient" says "Mineur"
    And "Alertes" says "arachide"

  @S9
  Scenario: A pregnancy stands among the alerts
    Given Dr Ada Exemple reads the summary of EE-1
    Then "Alertes" says "Grossesse"

  @S9
  Scenario: An implant stands among the alerts
    Given Dr Ada Exemple reads the summary of HR-1
    Then "Alertes" says "Implants"
    And "Alertes" says "7 mars 2019"

  @S9
  Scenario: Advance directives are announced
    Given Dr Ada Exemple reads the summary of EE-3
    Then "Alertes" says "irectives"

  @S9
  Scenario: Seventeen vaccinations are all there
    Given Dr Ada Exemple reads the summary of PT-2
    Then the section "Vaccinations" has 17 rows

  @S9
  Scenario: Two hundred and fifty prescriptions are all there
    Given Dr Ada Exemple reads the summary of GR-1
    Then the section "Traitements" has 250 rows

  @S9
  Scenario Outline: The view « <view> » is chosen, and it is kept
    Given Dr Ada Exemple reads the summary of HR-1
    Then the view "Français et original" is the one that is marked
    When the view "<view>" is chosen
    Then the summary is shown
    And the view "<view>" is the one that is marked
    When the page is asked for again
    Then the view "<view>" is the one that is marked

    Examples:
      | view                 |
      | Français et original |
      | Français             |
      | Original             |

  @U40
  Scenario Outline: Only the <which> version exists
    Given Croatie has the defect <defect>
    And Dr Ada Exemple reads the summary of HR-1
    Then the message is SES-100
    And the page says "Seule la version <which> est disponible."

    Examples:
      | defect  | which     |
      | l1-none | traduite  |
      | l1-only | originale |

  @U38
  Scenario: A list that came with a warning may be incomplete
    Given Croatie lists its summaries with a warning
    And Dr Ada Exemple reads the summary of HR-1
    Then the message is SES-074
    And the page says "La liste peut être incomplète."

  @S8 @D28 @browser
  Scenario: Of several summaries one has to be chosen by its day
    Given Croatie has the defect xca-stale-first
    And Dr Ada Exemple has the list of summaries of HR-1
    Then the page is headed "Plusieurs synthèses sont disponibles : laquelle ouvrir ?"
    And 5 summaries are offered, each with its day, and none is chosen beforehand
    And no summary was asked for
    When no summary is chosen
    Then the list of errors says "Choisissez la synthèse à ouvrir"
    When the summary number 5 is opened
    Then the summary is shown
    And the banner names HR-1, born and insured as the papers say

  @U38 @U28
  Scenario: A list of summaries that nobody can ask for is no list
    Given Croatie has the defect xca-uniqueid-missing
    And Dr Ada Exemple is logged in
    When HR-1 is looked for and agrees, as far as the country goes
    Then the message is SES-082
    And the page says "La réponse reçue est inexploitable. Elle n’a pas été affichée."
    And no summary was asked for
    And nothing of HR-1 is in the memory of the portal
    And there is a way on
