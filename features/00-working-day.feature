@day
Feature: A working day
  What Sesali is for, as one story: a practice in the morning, a casualty ward at night. The other chapters take
  it apart.

  @smoke @S1 @S4 @S9 @S10 @browser
  Scenario: A morning in the practice of Dr Ada Exemple
    Given Dr Ada Exemple is logged in
    # A man from Zagreb with his insurance card: penicillin is out of the question.
    When the patient HR-1 is looked for
    And the identity is confirmed
    And the patient agrees
    Then the summary is shown
    And "Alertes" says "amoxicilline"
    And the section "Traitements" has 4 rows
    # He leaves; nothing of him stays.
    When the consultation is ended
    Then nothing of HR-1 is in the memory of the portal
    # A tourist from Portugal: the first number was misread, the second is right.
    When the country "Portugal" is chosen
    And nobody but a stranger is typed
    Then the message is SES-060
    When the papers of PT-1 are copied into the form
    And the form is sent
    Then the person shown is PT-1
    # She would rather not have her record read here: the doctor goes on without it.
    When the identity is confirmed
    And the patient refuses
    Then the page is headed "Le patient a refusé"
    And nothing of PT-1 is in the memory of the portal
    # A child from Croatia with its mother, who agrees for it.
    When the patient HR-2 is looked for
    And the identity is confirmed
    And the patient agrees
    Then the summary is shown
    And "Alertes" says "arachide"
    And nothing of HR-1 is on the page
    # Lunch.
    When the professional logs out
    Then the page is headed "Vous êtes déconnecté"
    And no session is open
    And the audit trail holds, in this order, ITI-40, ITI-55, PIN-ack, EHDSI-92, ITI-38, ITI-39, EHDSI-94, PIN-deny
    And no event comes twice

  @U26 @U27
  Scenario: A night in the casualty ward of Dr Bo Exemple
    Given Dr Bo Exemple is logged in
    # A patient from Estonia, whose national service does not answer. Care does not wait.
    And Estonie has the defect http-503-plain
    When the patient EE-1 is looked for
    Then the message is SES-080
    And the page says "Ne retardez pas les soins."
    # Meanwhile somebody from Malta: one country down is not all of them.
    When the patient MT-1 is looked for
    And the identity is confirmed
    And the patient agrees
    Then the summary is shown
    And "Alertes" says "stimulateur"
    # A little later Estonia is back; the summary brings what the patient could not say.
    When the consultation is ended
    And 10 minutes go by
    And Estonie recovers
    And the patient EE-1 is looked for
    And the identity is confirmed
    And the patient agrees
    Then the summary is shown
    And "Alertes" says "Grossesse"
    And nothing of MT-1 is on the page
