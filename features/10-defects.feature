@defects
Feature: What clinicians meet when a foreign document or answer is wrong
  Faults by their names in the catalogue. A wrong patient is never shown; an allergy is never lost; what could
  not be checked is not displayed, and what could not be understood is said.

  @U28 @U29 @U35 @U36 @U39
  Scenario Outline: <defect> is kept from the screen
    Given Croatie has the defect <defect>
    And Dr Ada Exemple is logged in
    When HR-1 is looked for and agrees, as far as the country goes
    Then the message is <message>
    And no summary is shown
    And the page gives a reference for the support
    And there is a way on
    And the log says <message>

    Examples: answers that cannot be used
      | defect                      | message |
      | soap-fault                  | SES-082 |
      | soap-relatesto-other        | SES-082 |
      | soap-action-wrong           | SES-082 |
      | http-200-html               | SES-082 |
      | http-200-empty-body         | SES-082 |
      | http-302-login              | SES-082 |
      | rob-entity-bomb             | SES-082 |
      | rob-external-entity         | SES-082 |
      | xca-home-other              | SES-083 |
      | xca-patientid-other         | SES-083 |
      | xca-nosummary-generic       | SES-082 |
      | xca-outage-as-empty         | SES-073 |
      | xm-consent-between-steps    | SES-072 |
      | ret-docid-other             | SES-085 |
      | ret-missing-document        | SES-085 |
      | hdr-not-a-cda               | SES-085 |
      | mtom-cid-unresolved         | SES-082 |
      | mtom-final-boundary-missing | SES-082 |
      | mtom-boundary-other         | SES-082 |

  @D24 @U39
  Scenario Outline: The document of another patient is withheld: <defect>
    Given Croatie has the defect <defect>
    And Dr Ada Exemple is logged in
    When HR-1 is looked for and agrees, as far as the country goes
    Then the message is SES-085
    And the page says "Le document n’a pas pu être vérifié et n’est pas affiché."
    And no summary is shown
    And the log has a security event
    And the event ITI-39 says that it did not succeed

    Examples:
      | defect                   |
      | ret-other-patient        |
      | hdr-patientid-other      |
      | hdr-patientid-missing    |
      | hdr-patientid-root-typo  |

  @D25 @U21
  Scenario: Two persons in one answer: nobody is listed
    Given Croatie has the defect xcpd-two-subjects
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-061
    And nothing of HR-1 is on the page but the number

  @D26
  Scenario: A birth date filled with zeros is a year
    Given Croatie has the defect xcpd-birthtime-zeros
    And Dr Ada Exemple has found the patient HR-1
    Then the page says "1958"
    And the page does not say "00/00"

  @D27
  Scenario: A damaged name is for the professional to judge
    Given Croatie has the defect xcpd-name-mojibake
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    And the professional says that it is somebody else
    Then the message is SES-064

  @D30
  Scenario: A technical error is not told as a missing summary
    Given Croatie has the defect xca-nosummary-generic
    And Dr Ada Exemple is logged in
    When HR-1 is looked for and agrees, as far as the country goes
    Then the message is SES-082
    And the page does not say "Aucune synthèse"

  @D01 @U42
  Scenario: An allergy that is only told in words is not lost
    Given Croatie has the defect sec-allergy-narrative-only
    And Dr Ada Exemple reads the summary of HR-1
    Then the section "Allergies" says "amoksicilin"
    And "Alertes" does not say "Aucune allergie connue"

  @D02
  Scenario: No information about procedures turned into none known is at least told as a statement of the document
    Given Estonie has the defect sec-noinfo-as-known-absence
    And Dr Ada Exemple reads the summary of EE-5
    Then the section "Allergies" says "Affirmé dans le document"

  @D03
  Scenario: A known absence that is not the only entry of its section makes the structured view doubtful
    Given Croatie has the defect sec-absent-plus-real
    And Dr Ada Exemple reads the summary of HR-3
    Then the page says "La vue structurée est incomplète. Consultez le document original."

  @D21
  Scenario: A coded absence that the printed level contradicts does not hide the allergy
    Given Croatie has the defect xm-l1-l3-allergy
    And Dr Ada Exemple reads the summary of HR-1
    Then "Alertes" says "amoxicilline"
    And "Alertes" does not say "Aucune allergie connue"

  @D04 @D05 @U42
  Scenario Outline: A section that has to be there is missing: <defect>
    Given Croatie has the defect <defect>
    And Dr Ada Exemple reads the summary of HR-1
    Then the page says "Rubrique absente du document alors qu’elle est obligatoire. Aucune conclusion possible."
    And the section "Problèmes" has 2 rows

    Examples:
      | defect                |
      | sec-allergies-missing |
      | sec-devices-missing   |
      | sec-medication-missing |

  @D06
  Scenario: A negated allergy is shown as ruled out
    Given Croatie has the defect ent-negation-flipped
    And Dr Ada Exemple reads the summary of HR-1
    Then "Alertes" does not say "amoxicilline"
    And the section "Allergies" says "Réfutées ou résolues (1)"
    And the section "Allergies" says "Absence de : amoxicilline"

  @D07
  Scenario: A vaccine that was not given is not a given one
    Given Croatie has the defect ent-immunization-not-given-shown
    And Dr Ada Exemple reads the summary of HR-1
    Then the section "Vaccinations" says "non réalisée"

  @D09
  Scenario: Severity is shown wherever it stands
    Given Croatie has the defect ent-allergy-severity-on-top
    And Dr Ada Exemple reads the summary of HR-1
    Then the section "Allergies" says "grave"

  @D10
  Scenario: No problem disappears because of its code system
    Given Croatie has the defect ent-problem-other-system
    And Dr Ada Exemple reads the summary of HR-1
    Then the section "Problèmes" has 2 rows
    And the section "Problèmes" says "Esencijalna (primarna) hipertenzija non traduit"

  @D11
  Scenario: A number without a unit is said to be so
    Given Croatie has the defect ent-med-strength-unit-lost
    And Dr Ada Exemple reads the summary of HR-1
    Then the section "Traitements" has 4 rows
    And the section "Traitements" says "ramipril 5 (unité non indiquée) par comprimé"

  @D14
  Scenario: A medicine that nobody can name keeps its row
    Given Croatie has the defect ent-med-unidentifiable
    And Dr Ada Exemple reads the summary of HR-1
    Then the message is SES-102
    And the section "Traitements" has 4 rows
    And the section "Traitements" says "comprimé"

  @D15
  Scenario: A medicine that ended is not a current one
    Given Croatie has the defect ent-status-active-stopped
    And Dr Ada Exemple reads the summary of HR-1
    Then the section "Traitements" says "En cours (3)"
    And the section "Traitements" says "Terminés (1)"
    And the section "Traitements" has 4 rows

  @D18
  Scenario: A retired code is not hidden
    Given Croatie has the defect term-deprecated
    And Dr Ada Exemple reads the summary of HR-1
    Then the section "Problèmes" has 2 rows
    And the section "Problèmes" says "code retiré du catalogue"
    And the section "Problèmes" says "code de remplacement : K64"

  @D19
  Scenario: A concept that was not transmitted is said to be so
    Given Croatie has the defect term-oth-bare
    And Dr Ada Exemple reads the summary of HR-1
    Then the section "Problèmes" has 2 rows
    And the section "Problèmes" says "autre, non précisé"
    And the section "Problèmes" says "texte libre, non traduit"

  @D20
  Scenario: A label that does not fit its code is marked
    Given Croatie has the defect term-label-mismatch
    And Dr Ada Exemple reads the summary of HR-1
    Then the section "Problèmes" says "libellé discordant"

  @D22 @U40
  Scenario: No original is available
    Given Croatie has the defect l1-none
    And Dr Ada Exemple reads the summary of HR-1
    Then the page says "Aucun original PDF transmis."

  @U42 @browser
  Scenario: A script in a narrative does not reach the screen
    Given Croatie has the defect sec-narrative-script
    And Dr Ada Exemple reads the summary of HR-1
    Then no script of the document is on the page

  @U41
  Scenario: A national code without a counterpart keeps its row and says so
    Given Croatie has the defect term-code-unmapped
    And Dr Ada Exemple reads the summary of HR-1
    Then the page says "non traduit"

  @U28
  Scenario Outline: What is unusual but legal is borne: <defect>
    Given Croatie has the defect <defect>
    And Dr Ada Exemple reads the summary of HR-1
    Then the summary is shown
    And there is no message
    And "Alertes" says "amoxicilline"

    Examples:
      | defect                    |
      | mtom-inline-base64        |
      | mtom-multipart-without-xop |
      | mtom-cid-encoded          |
      | mtom-boundary-odd         |
      | mtom-root-second          |
      | mtom-preamble             |
      | rob-bom                   |
      | rob-emoji-astral          |
      | rob-root-prefixed         |
      | soap-prefix-odd           |
      | xca-format-case           |
      | xca-hash-upper            |
      | ent-med-xsi-prefixed      |
