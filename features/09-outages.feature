@outages
Feature: Outages and slowness
  A country, the directory, Pro Santé Connect or the audit repository may be slow or away. The professional reads
  what to do, and care never waits.

  @U26
  Scenario Outline: The country cannot be reached in the <step>: <defect>
    Given Croatie has, in the <step>, the defect <defect>
    And Dr Ada Exemple is logged in
    When HR-1 is looked for and agrees, as far as the country goes
    Then the message is SES-080
    And the page is headed "Le service de la Croatie ne répond pas"
    And the page says "la prise en charge ne doit pas être retardée"
    And the page says "Ne retardez pas les soins."
    And "Réessayer" is offered
    And "Choisir un autre pays" is offered
    And no summary is shown

    Examples:
      | step              | defect                   |
      | identification    | http-close-before-status |
      | identification    | http-503-plain           |
      | identification    | tls-server-expired       |
      | identification    | tls-selfsigned-server    |
      | identification    | tls-c-wrong-country      |
      | list of summaries | http-close-before-status |
      | list of summaries | http-503-plain           |
      | list of summaries | registry-error           |

  @U26
  Scenario Outline: What a country says when it is overloaded: <defect>
    Given Croatie has the defect <defect>
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-080
    And "Réessayer" is offered

    Examples:
      | defect              |
      | xcpd-responder-busy |
      | xcpd-internal-error |

  @U26
  Scenario: The country is back: trying again leads on
    Given Croatie has the defect http-503-plain
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-080
    When Croatie recovers
    And the button "Réessayer" is pressed
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"

  @U26
  Scenario: One country down does not touch the others
    Given Croatie has the defect http-close-before-status
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-080
    When the link "Choisir un autre pays" is followed
    And the patient EE-1 is looked for
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"

  @U27
  Scenario: A country that does not answer
    Given the portal soon stops waiting
    And Luxembourg is slow in the identification
    And Dr Ada Exemple is at the identity form of Luxembourg
    When the patient LU-3 is looked for
    Then the message is SES-081
    And the page says "met trop de temps à répondre."
    And "Réessayer" is offered

  @U27 @browser
  Scenario: The professional does not have to wait
    Given the waiting page comes at once
    And Luxembourg is slow in the identification
    And Dr Ada Exemple is at the identity form of Luxembourg
    When LU-3 is looked for without waiting
    Then the page is headed "Recherche en cours au Luxembourg"
    And the page says "Vous pouvez continuer à soigner"
    And nothing of LU-3 is on the page
    When the button "Ne plus attendre" is pressed
    Then the page is headed "Recopiez l’identité du patient"
    And what was typed of LU-3 is still in the form

  @U15
  Scenario: Without the directory no country can be asked
    Given the directory of the countries is away
    And Dr Ada Exemple is logged in
    Then no country can be chosen
    And the page says "Croatie momentanément suspendu"
    And no identification was asked for

  @U15
  Scenario: What the directory said before holds while it is away
    Given Dr Ada Exemple is logged in
    When the patient HR-3 is looked for
    And the directory of the countries goes away
    And the patient HR-1 is looked for
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"

  @U07
  Scenario: Pro Santé Connect goes away after the login: the session works on
    Given Dr Ada Exemple is logged in
    When Pro Santé Connect begins to suffer from psc_down
    And the patient HR-1 is looked for
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"

  @U07 @S10
  Scenario: Pro Santé Connect is away at logout: the session ends all the same
    Given Dr Ada Exemple reads the summary of HR-1
    When Pro Santé Connect begins to suffer from psc_down
    And the professional logs out
    Then no session is open
    And nothing of HR-1 is in the memory of the portal

  @INV3
  Scenario: The audit repository is away: the journey goes on and no event is lost
    Given the audit repository is away
    And Dr Ada Exemple reads the summary of HR-1
    Then the summary is shown
    And the events wait on disk and are sealed
    When the audit repository is back
    Then the audit trail holds ITI-55, PIN-ack, ITI-38, ITI-39
    And no event comes twice
