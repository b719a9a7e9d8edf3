@verification
Feature: Is this the person?
  The professional compares what the country answered with a document that carries a photograph.

  @S6 @browser
  Scenario: Without a look at the document there is no way on
    Given Dr Ada Exemple has found the patient HR-1
    When the identity is confirmed without a look at a document
    Then the list of errors says "Cochez la case si l’identité correspond"
    And no list of summaries was asked for

  @S6 @smoke
  Scenario: The identity is confirmed
    Given Dr Ada Exemple has found the patient HR-1
    When the identity is confirmed
    Then the page is headed "Informez le patient et recueillez son accord"
    And no list of summaries was asked for

  @U30
  Scenario: It is somebody else
    Given Dr Ada Exemple has found the patient HR-1
    When the professional says that it is somebody else
    Then the message is SES-064
    And the page is headed "Recopiez l’identité du patient"
    And the page says "Consultation abandonnée : identité non confirmée."
    And nothing is typed in the form
    And nothing of HR-1 is on the page
    And nothing of HR-1 is in the memory of the portal
    And no list of summaries was asked for

  @S6 @browser
  Scenario: A person whom the country declares dead
    Given Dr Ada Exemple has found the patient HR-4
    Then the page says "déclare cette personne décédée le 17 février 2024"
    When the identity is confirmed
    Then the list of errors says "Cochez la case pour poursuivre malgré le signalement de décès"
    When the identity is confirmed in spite of the death
    Then the page is headed "Informez le patient et recueillez son accord"
    And "Patient" says "Décédé"

  @S6
  Scenario Outline: <patient> is a minor, and the page says so (<about>)
    Given Dr Ada Exemple has found the patient <patient>
    Then the page says "Patient mineur"
    And the page says "l’accord est donné par un représentant légal"

    Examples: every minor
      | patient | about |

  @S6
  Scenario Outline: A birth date known in part only (<patient>)
    Given Dr Ada Exemple has found the patient <patient>
    Then the page says "jour et mois inconnus"

    Examples:
      | patient |
      | LU-2    |
      | GR-5    |

  @U29
  Scenario Outline: An answer about somebody else is thrown away: <defect>
    Given Croatie has the defect <defect>
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-083
    And the page says "La réponse reçue est inexploitable. Elle n’a pas été affichée."
    And nothing of HR-1 is on the page
    And the log has a security event

    Examples:
      | defect                    |
      | xcpd-custodian-other      |
      | xcpd-receiver-wrong       |
      | xcpd-target-message-wrong |

  @U29
  Scenario: The demographics of another person are for the professional to notice
    Given Croatie has the defect xcpd-other-patient
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then nothing of HR-1 is on the page but the number
    When the professional says that it is somebody else
    Then the message is SES-064
    And no list of summaries was asked for

  @S6
  Scenario: A name in Greek letters is shown as received
    Given Dr Ada Exemple has found the patient GR-1
    Then the person shown is GR-1
    And the words of GR-1's country on the page name their language
