@privacy
Feature: What is left behind
  No trait of a patient in addresses, titles, logs or files; nothing in memory when the consultation is over.

  @INV4
  Scenario Outline: The log of a journey for <patient> names nobody
    Given Dr Ada Exemple reads the summary of <patient>
    Then the log holds nothing of <patient>
    And the address and the title tell nothing about the patient

    Examples: every country
      | patient | country |

  @INV4
  Scenario: A refused journey is logged without a trait
    Given Dr Ada Exemple is logged in
    When HR-5 is looked for and agrees, as far as the country goes
    Then the message is SES-072
    And the log says SES-072
    And the log holds nothing of HR-5

  @INV4
  Scenario: Nothing of the patient lies on disk, not even in the events that wait
    Given the audit repository is away
    And Dr Ada Exemple reads the summary of HR-1
    Then the events wait on disk and are sealed
    And nothing of HR-1 is on disk

  @INV5
  Scenario Outline: The page may not be kept: <where>
    Given Dr Ada Exemple <where> HR-1
    Then the page may not be kept by anybody

    Examples:
      | where                         |
      | has found the patient         |
      | has confirmed the identity of |
      | reads the summary of          |

  @INV6
  Scenario: A refusal and a stranger look alike to whoever asks about somebody
    Given Dr Ada Exemple is logged in
    When the patient LU-5 is looked for
    Then nothing of LU-5 is on the page
    And no list of summaries was asked for

  @INV4
  Scenario: Only the patient's country is asked
    Given Dr Ada Exemple reads the summary of HR-1
    Then only Croatie was asked
    And nobody but Croatie and the gateway saw the name of HR-1

  @INV1
  Scenario: No document before the agreement
    Given Dr Ada Exemple has confirmed the identity of HR-1
    Then 1 identification was asked for
    And no list of summaries was asked for
    And no summary was asked for

  @INV4
  Scenario: After the consultation the portal remembers nothing
    Given Dr Ada Exemple reads the summary of HR-1
    When the consultation is ended
    Then nothing of HR-1 is in the memory of the portal

  @INV4
  Scenario: What the country said is not passed on raw
    Given Croatie has the defect soap-error-text-personal
    And Dr Ada Exemple is logged in
    When HR-1 is looked for and agrees, as far as the country goes
    Then the message is SES-080
    And the page does not say "Horvat"
