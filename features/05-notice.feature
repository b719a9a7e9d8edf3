@notice
Feature: Notice and agreement
  The patient gets the information notice in a language of their own and says yes or no. Without a yes nothing
  is asked of the country.

  @S7 @browser
  Scenario: The notice has to be handed over
    Given Dr Ada Exemple has confirmed the identity of HR-1
    When the patient agrees without having got the notice
    Then the list of errors says "Présentez la notice au patient avant de poursuivre."
    And each error leads to its field
    And no list of summaries was asked for

  @U31
  Scenario: The answer has to be given
    Given Dr Ada Exemple has confirmed the identity of HR-1
    When the notice is handed over and no answer is given
    Then the list of errors says "Indiquez la réponse du patient"
    And no list of summaries was asked for

  @U32 @smoke
  Scenario: The patient refuses
    Given Dr Ada Exemple has confirmed the identity of HR-1
    When the patient refuses
    Then the page is headed "Le patient a refusé"
    And the message is SES-091
    And the page says "Le patient ne souhaite pas cette consultation. Aucune donnée n’a été demandée."
    And no list of summaries was asked for
    And no summary was asked for
    And nothing of HR-1 is in the memory of the portal
    And the audit trail lacks EHDSI-92

  @U32
  Scenario Outline: A refusal in <country> asks nothing of the country
    Given Dr Ada Exemple has confirmed the identity of <patient>
    When the patient refuses
    Then the message is SES-091
    And no list of summaries was asked for

    Examples: every country
      | country | patient |

  @S7
  Scenario Outline: The patient's own language is offered first, here <words> for <patient>
    Given Dr Ada Exemple has confirmed the identity of <patient>
    Then the notice is offered in <words> first
    When the notice is opened in <words>
    Then the notice is in <language> and tells nothing about <patient>

    Examples:
      | patient | words     | language |
      | HR-1    | croate    | hr       |
      | EE-1    | estonien  | et       |
      | GR-1    | grec      | el       |
      | PT-1    | portugais | pt       |

  @S7
  Scenario: The notice can be read in every official language of the Union
    Given Dr Ada Exemple has confirmed the identity of HR-1
    Then the notice is offered in 24 languages, and each of them can be opened

  @U33 @browser
  Scenario: A notice in a language that does not exist
    Given Dr Ada Exemple is logged in
    When a notice is asked for in a language that does not exist
    Then the message is SES-092
    And the page says "La notice n’existe pas dans cette langue. Choisissez-en une autre."

  @S7 @browser
  Scenario: For a child a legal representative agrees, by name
    Given Dr Ada Exemple has confirmed the identity of HR-2
    When a legal representative without a name agrees
    Then the list of errors says "Saisissez le nom du représentant légal"
    When the legal representative "Marija Primjer" agrees
    Then the summary is shown

  @S7
  Scenario: Where patients are only informed, the question is another one
    Given Croatie only wants its patients informed
    And Dr Ada Exemple has confirmed the identity of HR-1
    Then the page says "Le patient s’oppose-t-il à la consultation de sa synthèse ?"
    When the patient agrees
    Then the summary is shown

  @S7
  Scenario: Where patients are only informed, an objection ends it
    Given Croatie only wants its patients informed
    And Dr Ada Exemple has confirmed the identity of HR-1
    When the patient refuses
    Then the message is SES-091
    And no list of summaries was asked for

  @U34
  Scenario: Emergency access is not offered where it is not open
    Given Dr Ada Exemple has confirmed the identity of HR-1
    Then the page does not say "Le patient ne peut pas s’exprimer"

  @U34
  Scenario: Emergency access needs a reason
    Given access in an emergency is open for Croatie
    And Dr Ada Exemple has confirmed the identity of HR-1
    When the record is opened in an emergency because "coma"
    Then the list of errors says "Motivez l’accès en urgence (20 caractères au moins)."
    And no list of summaries was asked for

  @U34 @browser
  Scenario: Emergency access with a reason opens the summary
    Given access in an emergency is open for Croatie
    And Dr Ada Exemple has confirmed the identity of HR-1
    When the record is opened in an emergency because "Patient inconscient, traumatisme crânien"
    Then the summary is shown
    And the audit trail holds EHDSI-92
