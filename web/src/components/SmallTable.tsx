import { Table, Tbody, Td, Thead, Tr } from '@patternfly/react-table';
import { type Column, cellClass, type Sorting, tellCut } from './columns';
import { HeadCell } from './HeadCell';

export type Rows<T> = {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string | number;
  /** How the rows are sorted, where the user may change it. */
  sorting?: Sorting;
};

/** A table that renders all of its rows; on a narrow screen as cards. For long lists use PagedTable. */
export function SmallTable<T>({ label, columns, rows, rowKey, sorting }: Rows<T>) {
  return (
    <div className="hf-scroll hf-small">
      <Table variant="compact" aria-label={label} onMouseOver={tellCut} onFocus={tellCut}>
        <Thead>
          <Tr>
            {columns.map((column) => (
              <HeadCell key={column.title} column={column} columns={columns} sorting={sorting} />
            ))}
          </Tr>
        </Thead>
        <Tbody>
          {rows.map((row) => (
            <Tr key={rowKey(row)}>
              {columns.map((column) => (
                <Td
                  key={column.title}
                  className={cellClass(column)}
                  dataLabel={column.hiddenTitle ? undefined : column.title}
                >
                  {column.cell(row)}
                </Td>
              ))}
            </Tr>
          ))}
        </Tbody>
      </Table>
    </div>
  );
}
