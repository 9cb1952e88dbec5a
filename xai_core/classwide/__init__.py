"""One explanation for a whole class: NormLIME, SP-LIME, class maps, activation maximisation."""
