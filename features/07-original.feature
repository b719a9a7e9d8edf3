@original
Feature: The original and the files
  In doubt the original counts. What is downloaded is named after the country and the day, never after the patient.

  @H7
  Scenario Outline: The original of <patient> opens as a PDF
    Given Dr Ada Exemple reads the summary of <patient>
    When the original is opened
    Then a PDF is shown, named after <country> and the day and nobody

    Examples:
      | patient | country    |
      | HR-1    | Croatie    |
      | EE-1    | Estonie    |
      | PT-1    | Portugal   |
      | LU-1    | Luxembourg |
      | CZ-1    | Tchéquie   |
      | GR-2    | Grèce      |

  @H7 @browser
  Scenario: The structured original is handed out byte for byte
    Given Dr Ada Exemple reads the summary of HR-1
    When the original XML is downloaded
    Then the file is the document of the country byte for byte

  @H7
  Scenario: The French version is a document of its own
    Given Dr Ada Exemple reads the summary of HR-1
    When the French XML is downloaded
    Then the file says "amoxicilline" where the country says "amoksicilin"

  @H7 @U40
  Scenario: A country whose PDF is missing says so
    Given nobody has asked for a summary yet
    And Dr Ada Exemple reads the summary of PT-5
    Then the page says "Aucun original PDF transmis."
    And the page says "Seule la version traduite est disponible."
    And "Ouvrir l’original" is not offered

  @INV9
  Scenario: A download is announced as what it is
    Given Dr Ada Exemple reads the summary of HR-1
    Then the page says "Un document téléchargé quitte la protection de ce service."
