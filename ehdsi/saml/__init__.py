"""SAML 2.0 assertions of the wire: who the professional is (HCP), whom he treats (TRC), who speaks for
the patient (next of kin).

``values`` holds them as frozen values, ``build`` writes and signs, ``receive`` verifies and reads, ``checks``
holds them against the rules under a policy (strict, or with the leniencies of OpenNCP).
"""
