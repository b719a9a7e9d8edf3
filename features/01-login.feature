@login
Feature: Logging in with Pro Santé Connect
  A health professional identifies with a CPS card or the e-CPS. Whoever is admitted to Sesali works under one
  activity; whoever is not is told why, and nothing else happens.

  @S0 @smoke
  Scenario: The home page tells what the service is for and which countries are connected
    Given a professional who is not logged in
    When the home page is opened
    Then the page is headed "Lire la synthèse médicale d’un patient européen"
    And the page says "Croatie"
    And the page says "S’identifier avec le simulateur Pro Santé Connect"
    And the page says "Le patient reçoit une notice et donne son accord"

  @S1 @S3 @H1 @smoke
  Scenario: A general practitioner with one activity logs in
    Given a professional who is not logged in
    When Dr Ada Exemple logs in
    Then the page is headed "Dans quel pays le patient est-il assuré ?"
    And the header names "Dr Ada Exemple" and "Cabinet Exemple"
    And the browser has a cookie of a new session

  @S1
  Scenario Outline: <profession> is admitted
    Given <professional> is logged in
    Then the page is headed "Dans quel pays le patient est-il assuré ?"
    And there is no message

    Examples: every professional who is admitted
      | professional | profession |

  @U09 @U10 @U11 @U12
  Scenario Outline: <profession> is not admitted
    Given a professional who is not logged in
    When <professional> logs in
    Then the message is <message>
    And the browser keeps no cookie of a session
    And there is a way on
    And no session is open

    Examples: every professional who is not admitted
      | professional | profession | message |

  @U09
  Scenario: The reason is said in a sentence
    Given a professional who is not logged in
    When Béa Écoute logs in
    Then the page says "Votre profession ne donne pas accès à ce service."

  @U10
  Scenario: Occupational medicine does not open the service
    Given a professional who is not logged in
    When Dr Axel Usine logs in
    Then the page says "Ce service n’est pas ouvert à l’exercice de la médecine du travail."

  @U11
  Scenario: Who no longer practises is sent to the professional order
    Given a professional who is not logged in
    When Flo Retraite logs in
    Then the page says "Aucune activité en cours n’est enregistrée pour vous à l’annuaire."

  @U12
  Scenario: An employee without a number of the health register is not a health professional
    Given a professional who is not logged in
    When Hana Accueil logs in
    Then the page says "Ce compte n’identifie pas un professionnel de santé habilité."

  @S2 @H2 @browser
  Scenario: A doctor with two activities chooses one of them
    Given Dr Bo Exemple has identified with Pro Santé Connect
    Then the page is headed "Sous quelle activité intervenez-vous ?"
    When the activity "Maison de Santé du Modèle" is chosen
    Then the page is headed "Dans quel pays le patient est-il assuré ?"
    And the header names "Dr Bo Exemple" and "Maison de Santé du Modèle"

  @S2
  Scenario: One of two activities may not open the service
    Given Dr Zoé Mixte is logged in
    Then the page is headed "Dans quel pays le patient est-il assuré ?"
    And the header names "Dr Zoé Mixte" and "Cabinet Exemple"

  @S2 @U13
  Scenario: Without an activity there is no way on
    Given Dr Bo Exemple has identified with Pro Santé Connect
    When the button "Continuer" is pressed
    Then the list of errors says "Choisissez une activité pour continuer."
    And each error leads to its field

  @S2 @U13
  Scenario: An activity that the professional does not have is refused
    Given Dr Bo Exemple has identified with Pro Santé Connect
    When an activity of somebody else is sent
    Then the message is SES-120
    And the log has a security event

  @S3 @browser
  Scenario: The information about recorded accesses has to be read
    Given a professional who has never been here
    When the information about recorded accesses is passed over
    Then the page is headed "Vos accès sont enregistrés"
    And the list of errors says "Cochez la case quand vous avez lu cette information"

  @U01
  Scenario Outline: <device> is not enough
    Given a professional in front of <device>
    When the home page is opened
    Then the page says "Ce service n’est pas disponible sur téléphone ou tablette. Utilisez un ordinateur."
    And "S’identifier avec le simulateur Pro Santé Connect" is not offered
    When the professional asks to log in
    Then the message is SES-001

    Examples:
      | device      |
      | a telephone |
      | a tablet    |

  @U02
  Scenario Outline: <device> is too old
    Given a professional in front of <device>
    When the professional asks to log in
    Then the message is SES-002
    And the page says "Votre navigateur n’est pas pris en charge."
    And the page says "Utilisez une version récente de Firefox, Chrome, Edge ou Safari."

    Examples:
      | device                     |
      | a browser of ten years ago |
      | Internet Explorer          |

  @U03
  Scenario Outline: The professional gives up at Pro Santé Connect: « <button> »
    Given Dr Ada Exemple has come to the page of identities
    When the button "<button>" is pressed
    Then the message is <message>
    And the page says "<sentence>"
    And "Recommencer" is offered
    And no session is open

    Examples:
      | button               | message | sentence                                                          |
      | Annuler              | SES-010 | Vous avez interrompu l’identification. Vous pouvez recommencer.   |
      | e-CPS refusée        | SES-010 | Vous avez interrompu l’identification.                            |
      | Service indisponible | SES-014 | Pro Santé Connect ne répond pas. Réessayez dans quelques minutes. |

  @U05 @U06
  Scenario Outline: A forged answer opens nothing: « <button> »
    Given Dr Ada Exemple has come to the page of identities
    When the button "<button>" is pressed
    Then the message is <message>
    And the browser keeps no cookie of a session
    And no session is open

    Examples:
      | button       | message |
      | Signature    | SES-012 |
      | Nonce        | SES-012 |
      | Niveau (acr) | SES-013 |

  @U04
  Scenario: An answer that nobody asked for ends at the door
    Given a professional who is not logged in
    When the home page is opened
    And an answer of Pro Santé Connect comes that nobody asked for
    Then the message is SES-011
    And the page says "La demande d’identification n’est plus valable. Recommencez depuis l’accueil."
    And the log has a security event

  @U04 @U05 @U06 @U08
  Scenario Outline: What Pro Santé Connect says is believed only when it is right: <defect>
    Given Pro Santé Connect suffers from <defect>
    And a professional who is not logged in
    When Dr Ada Exemple logs in
    Then the message is <message>
    And no session is open

    Examples:
      | defect              | message |
      | wrong_state         | SES-011 |
      | no_state            | SES-011 |
      | token_invalid_grant | SES-011 |
      | wrong_callback_iss  | SES-012 |
      | bad_signature       | SES-012 |
      | unknown_kid         | SES-012 |
      | alg_none            | SES-012 |
      | alg_hs256           | SES-012 |
      | wrong_iss           | SES-012 |
      | wrong_aud           | SES-012 |
      | wrong_azp           | SES-012 |
      | wrong_nonce         | SES-012 |
      | no_nonce            | SES-012 |
      | wrong_at_hash       | SES-012 |
      | expired             | SES-012 |
      | issued_in_future    | SES-012 |
      | userinfo_other_sub  | SES-012 |
      | no_acr              | SES-013 |
      | acr_low             | SES-013 |

  @U07
  Scenario Outline: Pro Santé Connect is out of order: <defect>
    Given Pro Santé Connect suffers from <defect>
    And a professional who is not logged in
    When Dr Ada Exemple logs in
    Then the message is SES-014
    And the page says "Pro Santé Connect ne répond pas. Réessayez dans quelques minutes."
    And "Recommencer" is offered
    When Pro Santé Connect works again
    And the professional logs in again
    Then the page is headed "Dans quel pays le patient est-il assuré ?"

    Examples:
      | defect       |
      | token_5xx    |
      | userinfo_5xx |

  @U07
  Scenario: A new signing key of Pro Santé Connect is no trouble
    Given Pro Santé Connect suffers from key_rotated
    And a professional who is not logged in
    When Dr Ada Exemple logs in
    Then the page is headed "Dans quel pays le patient est-il assuré ?"

  @H9
  Scenario Outline: <means> gives the same session
    Given <professional> is logged in
    Then the page is headed "Dans quel pays le patient est-il assuré ?"
    And one session is open

    Examples:
      | means          | professional   |
      | The CPS card   | Dr Ada Exemple |
      | The e-CPS      | Dr Bo Exemple  |
