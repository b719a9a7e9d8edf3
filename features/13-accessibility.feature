@accessibility
Feature: Pages that everybody can use
  What a machine can check of the accessibility rules, on every page of the journey.

  @INV10
  Scenario Outline: The page « <page> »
    Given Dr Ada Exemple <page>
    Then the page has one heading of the first level and its landmarks
    And every control has a label, every table its headings, every picture a text
    And the page leads past its header by a link
    And no heading level is left out

    Examples:
      | page                                |
      | is logged in                        |
      | is at the identity form of Croatie  |
      | is at the identity form of Chypre   |
      | is at the identity form of Espagne  |
      | is at the identity form of Portugal |
      | has found the patient HR-1          |
      | has confirmed the identity of HR-1  |
      | has confirmed the identity of HR-2  |
      | reads the summary of HR-1           |
      | reads the summary of EE-2           |
      | reads the summary of CZ-4           |

  @INV10 @browser
  Scenario: Errors are announced in the title, at the top and at the field
    Given Dr Ada Exemple is at the identity form of Croatie
    When the form is sent
    Then the window is called "Erreur : "
    And each error leads to its field
    And the page has one heading of the first level and its landmarks

  @INV10 @INV8
  Scenario: A page on which the journey stops is accessible as well
    Given Croatie has the defect http-503-plain
    And Dr Ada Exemple is at the identity form of Croatie
    When the patient HR-1 is looked for
    Then the page has one heading of the first level and its landmarks
    And there is a way on

  @INV10
  Scenario Outline: Foreign words are marked as such in the summary of <patient>
    Given Dr Ada Exemple reads the summary of <patient>
    Then the words of <patient>'s country on the page name their language

    Examples: every country
      | patient | country |
