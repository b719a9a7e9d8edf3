@audit
Feature: The audit trail of a journey
  Each access leaves an event at the repository, before anybody sees a result.

  @INV3 @smoke
  Scenario: A whole journey
    Given Dr Ada Exemple reads the summary of HR-1
    Then the audit trail holds, in this order, ITI-40, ITI-55, PIN-ack, EHDSI-92, ITI-38, ITI-39, EHDSI-94
    And every event names 899700000013
    And no event comes twice

  @INV3
  Scenario Outline: A journey into <country> is recorded
    Given Dr Ada Exemple reads the summary of <patient>
    Then the audit trail holds ITI-55, PIN-ack, ITI-38, ITI-39
    And every event names 899700000013

    Examples: every country
      | country | patient |

  @INV3
  Scenario: The notice that was opened is recorded
    Given Dr Ada Exemple has confirmed the identity of HR-1
    When the notice is opened in croate
    Then the audit trail holds PIN-display

  @INV3 @U32
  Scenario: A refusal of the patient is recorded, and nothing after it
    Given Dr Ada Exemple has confirmed the identity of HR-1
    When the patient refuses
    Then the audit trail holds ITI-55, PIN-deny
    And the audit trail lacks ITI-38
    And the audit trail lacks ITI-39

  @INV3 @U20
  Scenario: A search that found nobody is recorded as such
    Given Dr Ada Exemple is at the identity form of Croatie
    When nobody but a stranger is typed
    Then the audit trail holds ITI-55
    And the audit trail lacks ITI-38

  @INV3 @U26
  Scenario: A country that cannot be reached leaves an event
    Given Croatie has the defect http-close-before-status
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the event ITI-55 says that it did not succeed

  @INV3 @U36
  Scenario: A refusal of the country is recorded
    Given Dr Ada Exemple is logged in
    When HR-5 is looked for and agrees, as far as the country goes
    Then the event ITI-38 says that it did not succeed

  @INV3
  Scenario: The login alone is recorded, with no patient
    Given Dr Ada Exemple is logged in
    Then the audit trail holds ITI-40
    And the audit trail lacks ITI-55

  @INV3 @S9
  Scenario Outline: A copy that leaves the portal is recorded: <copy>
    Given Dr Ada Exemple reads the summary of HR-1
    Then the audit trail lacks DOC-export
    When the <copy>
    Then the audit trail holds DOC-export
    And every event names 899700000013

    Examples:
      | copy                       |
      | original is opened         |
      | original XML is downloaded |
      | French XML is downloaded   |
