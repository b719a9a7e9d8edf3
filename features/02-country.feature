@country
Feature: Choosing the country
  The country is the one that insures the patient. Only connected countries whose search mask can be trusted are
  offered.

  @S4
  Scenario Outline: <country> is offered and leads to its own form
    Given Dr Ada Exemple is logged in
    When the country "<country>" is chosen
    Then the page is headed "Recopiez l’identité du patient"
    And the page says "Pays : <country>"
    And the form asks for what the country wants
    And every field has a label and says how it is written

    Examples: every country
      | country |

  @S4 @browser
  Scenario: Nothing is chosen beforehand, and something has to be
    Given Dr Ada Exemple is logged in
    When no country is chosen
    Then the list of errors says "Choisissez un pays pour continuer"
    And no identification was asked for

  @U14
  Scenario: A country that is announced is not a choice
    Given Irlande is announced and not connected
    And Dr Ada Exemple is logged in
    Then "Irlande" is not offered
    And the page says "Pays absent de la liste ? Il n’est pas encore raccordé."

  @U14
  Scenario: A country that is not connected cannot be forced
    Given Dr Ada Exemple is logged in
    When a country that is not connected is sent
    Then the message is SES-040
    And the page says "Ce pays n’est pas encore raccordé."
    And "Choisir un pays" is offered

  @U15
  Scenario Outline: A search mask that cannot be trusted suspends the country: <defect>
    Given the directory entry of Croatie suffers from <defect>
    And Dr Ada Exemple is logged in
    Then the page says "Croatie momentanément suspendu"
    And "Estonie" is offered
    And no identification was asked for

    Examples:
      | defect                     |
      | smp-service-expired        |
      | smp-no-ism                 |
      | ism-regex-invalid          |
      | ism-domain-missing         |
      | ism-scope-ep-only          |
      | smp-outer-missing          |
      | smp-outer-signature-broken |
      | smp-outer-untrusted        |
      | smp-inner-missing          |
      | ism-country-mismatch       |

  @U15
  Scenario: A mask that goes bad after the list was shown stops the search
    Given Dr Ada Exemple is logged in
    When the directory entry of Croatie goes bad with ism-country-mismatch
    And the country "Croatie" is chosen
    Then the message is SES-041
    And the page says "La recherche pour ce pays est momentanément suspendue."
    And "Choisir un autre pays" is offered

  @U15
  Scenario Outline: An address that cannot be trusted stops the search before anything is sent: <defect>
    Given the directory entry of Croatie suffers from <defect>
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is SES-041
    And the page is headed "Pays momentanément suspendu"
    And nothing of HR-1 is on the page
    And no identification was asked for

    Examples:
      | defect            |
      | smp-http-endpoint |
      | smp-cert-garbage  |

  @U15 @S0
  Scenario: The home page names the suspended country
    Given the directory entry of Croatie suffers from ism-country-mismatch
    And Dr Ada Exemple is logged in
    When the home page is opened
    Then the page says "Suspendus Croatie"
