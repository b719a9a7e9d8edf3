"""Sesali: the French National Contact Point as country B. A thin shell of I/O around pure steps.

``gateway.Gateway`` is the door: ``search_mask``, ``identify``, ``confirm``, ``documents``, ``summary``.
Each step answers with a frozen value or raises ``outcomes.StepRefused`` with a code ``SES-nnn`` and its
French sentence.
"""
