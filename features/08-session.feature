@session
Feature: Sessions
  A session belongs to one professional in one browser. When it ends, nothing of the patient stays.

  @S10 @smoke
  Scenario: Logging out wipes everything
    Given Dr Ada Exemple reads the summary of HR-1
    When the professional logs out
    Then the page is headed "Vous êtes déconnecté"
    And the page says "Aucune donnée du patient n’est conservée sur ce poste."
    And no session is open
    And the browser keeps no cookie of a session

  @U44 @browser
  Scenario: The back button after logout shows nothing
    Given Dr Ada Exemple reads the summary of HR-1
    When the professional logs out
    And the professional goes back
    Then no summary is shown
    And nothing of HR-1 is on the page

  @U44
  Scenario: The address of a summary after logout leads nowhere
    Given Dr Ada Exemple reads the summary of HR-1
    When the address is kept and the professional logs out
    And the kept address is opened
    Then the message is SES-120
    And the page says "Cette page n’est plus accessible."
    And nothing of HR-1 is on the page

  @S9
  Scenario: The end of a consultation wipes the patient and keeps the session
    Given Dr Ada Exemple reads the summary of HR-1
    When the address is kept and the consultation is ended
    Then the page is headed "Consultation terminée"
    And nothing of HR-1 is in the memory of the portal
    When the link "Autre patient" is followed
    Then the page is headed "Dans quel pays le patient est-il assuré ?"
    When the kept address is opened
    Then the message is SES-120

  @U43 @browser
  Scenario: Fifteen minutes without a sign end the session
    Given Dr Ada Exemple reads the summary of HR-1
    When 16 minutes go by
    And the page is asked for again
    Then the message is SES-110
    And the page says "Votre session a pris fin. Identifiez-vous de nouveau."
    And nothing of HR-1 is on the page
    And no session is open

  @U43
  Scenario: Fourteen minutes do not
    Given Dr Ada Exemple reads the summary of HR-1
    When 14 minutes go by
    And the page is asked for again
    Then the summary is shown

  @U43 @browser
  Scenario: A session can be prolonged
    Given Dr Ada Exemple reads the summary of HR-1
    When 14 minutes go by
    And the session is prolonged
    And 14 minutes go by
    And the page is asked for again
    Then the summary is shown

  @U43
  Scenario: The page says until when
    Given Dr Ada Exemple is logged in
    Then the page says "Session ouverte jusqu’à"
    And "Prolonger" is offered

  @U43
  Scenario: After four hours even the busiest session ends
    Given Dr Ada Exemple is logged in
    When 4 hours of work go by
    Then the message is SES-110

  @U43
  Scenario: Pro Santé Connect ends the session everywhere
    Given Dr Ada Exemple reads the summary of HR-1
    When Pro Santé Connect ends the session of everybody
    And the page is asked for again
    Then the message is SES-110
    And nothing of HR-1 is on the page

  @U44 @INV2
  Scenario: A treatment relationship ends after its time
    Given Dr Ada Exemple reads the summary of HR-1
    When 3 hours of reading go by
    Then the message is SES-120
    And no summary is shown
    And nothing of HR-1 is on the page

  @H8 @INV2
  Scenario: Two patients one after the other never mix
    Given Dr Ada Exemple reads the summary of HR-1
    When the address is kept
    And the link "Synthèse européenne" is followed
    And the patient HR-3 is looked for
    And the identity is confirmed
    And the patient agrees
    Then the banner names HR-3, born and insured as the papers say
    And nothing of HR-1 is on the page
    And 2 treatment relationships were confirmed, each for a patient of its own
    When the kept address is opened
    Then the message is SES-120
    And nothing of HR-1 is on the page

  @U44 @browser
  Scenario: Two professionals never see each other's patients
    Given Dr Ada Exemple reads the summary of HR-1
    And a colleague, Dr Gil Cliché, works at another computer
    When the colleague opens the page of this patient
    Then the colleague reads "Cette page n’est plus accessible."
    And nothing of HR-1 is on the colleague's page

  @H8
  Scenario: Two professionals read two patients at the same time
    Given Dr Ada Exemple reads the summary of HR-1
    And a colleague, Dr Gil Cliché, works at another computer
    When the colleague reads the summary of MT-3
    Then nothing of HR-1 is on the colleague's page
    When the page is asked for again
    Then the banner names HR-1, born and insured as the papers say
    And nothing of MT-3 is on the page

  @U44
  Scenario: A deep link without agreement opens nothing
    Given Dr Ada Exemple has confirmed the identity of HR-1
    When the summary is asked for by its address without the patient's agreement
    Then the message is SES-120
    And no list of summaries was asked for

  @U44 @browser
  Scenario: A form that does not come from the portal's own page is refused
    Given Dr Ada Exemple has found the patient HR-1
    When the identity is confirmed by a form from elsewhere
    Then the message is SES-120
    And the log has a security event

  @U08
  Scenario: The answer of Pro Santé Connect serves once
    Given Dr Ada Exemple is logged in
    When the answer of Pro Santé Connect is opened a second time
    Then the message is SES-011

  @S2
  Scenario: Another activity begins without the patient
    Given Dr Bo Exemple reads the summary of HR-1
    When the link "Changer d’activité" is followed
    And the activity "Maison de Santé du Modèle" is chosen
    Then nothing of HR-1 is in the memory of the portal
