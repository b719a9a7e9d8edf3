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
  Scenario Outline: A clock does not tell whether somebody is unknown or refused: <answer>
    Given the portal keeps its beat
    And Croatie answers the identification with <answer>
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the message is <message>
    And the portal kept its beat before it said so
    And nothing of HR-1 is on the page but the number
    And no list of summaries was asked for

    Examples:
      | answer              | message |
      | no_match            | SES-060 |
      | multiple_matches    | SES-061 |
      | insufficient_rights | SES-070 |
      | no_consent          | SES-072 |

  @INV6
  Scenario: Who is found is not kept waiting
    Given the portal keeps its beat
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the page is headed "Est-ce bien la personne que vous prenez en charge ?"
    And the portal said so at once

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
